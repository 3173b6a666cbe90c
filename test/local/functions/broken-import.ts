/** A module that throws while it is loaded. */

throw new TypeError('configuration is missing');
