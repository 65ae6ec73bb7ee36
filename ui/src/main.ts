// Where the page begins.

import "./elements/chat_page";
