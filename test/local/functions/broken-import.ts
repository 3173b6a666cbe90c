throw new TypeError('configuration is missing');
