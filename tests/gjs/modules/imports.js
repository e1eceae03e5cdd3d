// A module that imports what is not there
import './missing.js';
