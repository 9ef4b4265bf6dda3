import { tellStory } from './story.js';
import { startTestShop } from './testkit/shop.js';

tellStory(startTestShop);
