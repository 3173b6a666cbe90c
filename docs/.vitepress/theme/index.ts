/** The theme of VitePress, with the few styles that the pages of this project need. */

import DefaultTheme from 'vitepress/theme';
import './site.css';

export default DefaultTheme;
