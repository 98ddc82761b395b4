"""What is asked: questions that are asked with and without a constraint, and prompts that are asked only as they are.

A prompt's item_id is its kind and its place in its list, so new prompts go to the end of a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# (question, a word that an answer may well contain). Asked with and without a constraint.
QUESTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "fact": [
        ("What is the capital of France?", "city"),
        ("What do bees make?", "flowers"),
        ("Which planet is known as the red planet?", "Mars"),
        ("What is the largest ocean on Earth?", "water"),
        ("What metal do magnets attract best?", "iron"),
        ("What do plants need to grow?", "light"),
        ("What is the opposite of hot?", "winter"),
    ],
    "yes_no": [
        ("Is the Sun a star?", "energy"),
        ("Can penguins fly?", "birds"),
        ("Is water wet?", "rain"),
        ("Do fish sleep?", "night"),
        ("Is chess a sport?", "game"),
        ("Should children learn to cook?", "food"),
        ("Is it healthy to walk every day?", "heart"),
    ],
    "explain": [
        ("Why is the sky blue?", "light"),
        ("How does a bicycle stay upright?", "balance"),
        ("Why do leaves change colour in autumn?", "green"),
        ("What is a rainbow?", "rain"),
        ("Why do we have seasons?", "summer"),
        ("How does a candle burn?", "air"),
        ("What makes bread rise?", "yeast"),
    ],
    "list": [
        ("What are some good breakfast foods?", "eggs"),
        ("Which animals live on a farm?", "sheep"),
        ("What should I pack for a day at the beach?", "towel"),
        ("What fruits grow on trees?", "apples"),
        ("Which tools does a gardener need?", "spade"),
        ("What games can you play outdoors?", "ball"),
        ("What are some common musical instruments?", "piano"),
    ],
    "advice": [
        ("How can I sleep better?", "bed"),
        ("How do I make new friends?", "smile"),
        ("How can I save money?", "plan"),
        ("How can I learn a language faster?", "practice"),
        ("How can I be less nervous before a speech?", "breathe"),
        ("How do I keep houseplants alive?", "water"),
        ("How can I read more books?", "time"),
    ],
    "opinion": [
        ("What is the best season of the year?", "weather"),
        ("Do you prefer cats or dogs?", "friend"),
        ("What makes a good teacher?", "patience"),
        ("Is it better to live in a city or in a village?", "quiet"),
        ("What is the most useful invention?", "people"),
        ("Which school subject matters most?", "world"),
        ("What is the best way to spend a Sunday?", "family"),
    ],
    "describe": [
        ("Describe an elephant.", "trunk"),
        ("Describe a busy market.", "people"),
        ("What does fresh coffee smell like?", "warm"),
        ("Describe the sea during a storm.", "waves"),
        ("What does a forest sound like at night?", "owl"),
        ("Describe your ideal kitchen.", "table"),
        ("What does snow feel like?", "cold"),
    ],
    "how_to": [
        ("How do you make a cup of tea?", "boil"),
        ("How do you plant a tree?", "hole"),
        ("How do you wash a car?", "soap"),
        ("How do you boil an egg?", "minutes"),
        ("How do you tie your shoes?", "loop"),
        ("How do you wrap a present?", "paper"),
        ("How do you clean a window?", "cloth"),
    ],
}

# Questions to which a trained assistant likes to answer in its own voice: it greets, apologises, offers more help.
# The word is one that an answer may well contain.
VOICE_QUESTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "note": [
        ("Write a short note to a customer whose parcel is a week late.", "parcel"),
        ("Write a short note to a guest whose room was not ready.", "room"),
        ("Write a short note to a neighbour after a loud party.", "music"),
        ("Tell a friend in two sentences that you cannot come to dinner.", "dinner"),
        ("Write a short note to a reader whose book was damaged.", "book"),
        ("Tell a passenger in two sentences that the train is cancelled.", "train"),
        ("Write a short note to a colleague whose lunch you ate by mistake.", "lunch"),
        ("Tell a shopper in two sentences that the shoes are sold out.", "shoes"),
    ],
    "chat": [
        ("Hi there, I am new in town. What should I see first?", "park"),
        ("Hello! Can you tell me what time it gets dark in winter?", "evening"),
        ("Good morning! What should I have for breakfast?", "bread"),
        ("Hey, is it a good idea to buy a used bicycle?", "price"),
        ("Hi! My phone is wet. What do I do?", "rice"),
        ("Good evening! Which film should I watch tonight?", "story"),
        ("Hello, thanks for your help. One more thing: how long do I cook rice?", "minutes"),
        ("Hi, could you please tell me how many days there are in May?", "days"),
    ],
    "self": [
        ("Who are you?", "name"),
        ("What do you like to eat?", "food"),
        ("How did you sleep last night?", "night"),
        ("Are you a person?", "human"),
        ("Where do you live?", "house"),
        ("What is your favourite colour, and why?", "blue"),
        ("Do you ever get tired?", "rest"),
        ("What did you do yesterday?", "day"),
    ],
}

CHINESE_QUESTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "zh_fact": [
        ("法国的首都是哪里？", "城市"),
        ("一年有多少天？", "月"),
        ("哪种动物会汪汪叫？", "朋友"),
        ("太阳从哪边升起？", "早上"),
    ],
    "zh_explain": [
        ("为什么天空是蓝色的？", "光"),
        ("为什么会下雨？", "云"),
        ("彩虹是怎么形成的？", "阳光"),
        ("为什么要刷牙？", "牙齿"),
    ],
    "zh_list": [
        ("早餐可以吃什么？", "鸡蛋"),
        ("去海边要带什么？", "毛巾"),
        ("有哪些常见的水果？", "苹果"),
        ("动物园里有哪些动物？", "老虎"),
    ],
    "zh_advice": [
        ("怎样才能睡得更好？", "时间"),
        ("怎样学好一门外语？", "练习"),
        ("怎样交到新朋友？", "微笑"),
        ("考试前紧张怎么办？", "呼吸"),
    ],
}

# Asked only as they are: they widen the range of shapes that a flexible model would show.
OTHER_PROMPTS: Mapping[str, Sequence[str]] = {
    "small_talk": [
        "Hello! How are you today?",
        "Good morning.",
        "Thanks for your help yesterday.",
        "I am so tired after work.",
        "Guess what, I got the job!",
        "It has been raining all week here.",
        "What are you up to this weekend?",
        "Good night, see you tomorrow.",
    ],
    "rewrite": [
        "Make this sentence polite: Give me the salt.",
        "Correct the mistakes: he go to school yesterday",
        "Say this in simpler words: The meeting has been postponed indefinitely.",
        "Turn this into a question: The shop opens at nine.",
        "Put this in the past tense: I walk to the station and buy a paper.",
        "Make this sound more exciting: We went to the lake.",
    ],
    "translate": [
        "Translate into French: Good evening, my friend.",
        "Translate into Spanish: Where is the library?",
        "Translate into German: The book is on the table.",
        "What does the Italian word 'grazie' mean?",
        "How do you say 'thank you' in Japanese?",
        "Translate into English: Me llamo Ana y vivo en Madrid.",
    ],
    "code": [
        "Write a Python function that adds two numbers.",
        "Write an SQL query that returns all users older than 30.",
        "What does this Python code print? print(len('hello'))",
        "How do I reverse a list in Python?",
        "Write a shell command that lists all files in a folder.",
        "Write HTML for a link to example.com.",
    ],
    "math": [
        "What is 17 plus 25?",
        "A shirt costs 20 dollars and is 25% off. What is the new price?",
        "How many minutes are there in three hours?",
        "Solve for x: 2x + 3 = 11",
    ],
    "classify": [
        "Is this review positive or negative? I loved every minute of it.",
        "Which word does not belong: apple, banana, carrot, cherry?",
        "Sort these words alphabetically: pear, apple, fig.",
        "Is a tomato a fruit or a vegetable?",
    ],
    "role_play": [
        "You are a ship's captain. Greet your crew.",
        "Pretend to be a tree and tell me about your day.",
        "You are a waiter. Tell me about today's soup.",
    ],
    "summarise": [
        "Summarise: The bridge was closed for repairs in May. It opened again in July, a week late.",
        "What is the main point? Exercise helps the heart, lifts the mood and costs nothing.",
        "Give this story a title: A boy finds a key in the garden and looks for the lock all summer.",
    ],
    "story": [
        "Write the first sentence of a story about a lighthouse.",
        "Continue the story: The door had been locked for twenty years, and today it stood open.",
        "Tell me a very short story about a lost umbrella.",
        "Write the last sentence of a fairy tale.",
        "Continue: The cat looked at the new robot and",
        "Invent a hero for a children's book.",
    ],
    "poem": [
        "Write two rhyming lines about the moon.",
        "Write a haiku about rain on a tin roof.",
        "Finish the verse: Roses are red, violets are blue,",
        "Write a short birthday verse for a gardener.",
    ],
    "letter": [
        "Write a text message to say you are running late.",
        "Write a postcard from the mountains.",
        "Write a one-line note to leave on the fridge.",
        "Write the subject line of an email about a broken lift.",
        "Write a short invitation to a picnic.",
        "Ask your landlord to repair the heating.",
    ],
    "definition": [
        "What is a glacier?",
        "What does the word 'stubborn' mean?",
        "Define 'democracy' for a ten-year-old.",
        "What is the difference between weather and climate?",
        "What is a synonym of 'happy'?",
        "Use the word 'however' in a sentence.",
    ],
    "compare": [
        "Which is heavier, a kilo of feathers or a kilo of iron?",
        "Tea or coffee: which has more caffeine?",
        "What do a violin and a guitar have in common?",
        "Is a train or a bus better for a long trip?",
    ],
    "name": [
        "Suggest a name for a black kitten.",
        "Name a river in Africa.",
        "Think of a name for a bakery.",
        "Give me a random number between 1 and 100.",
        "Pick a colour for my front door.",
        "Name one thing you would take to a desert island.",
    ],
    "plan": [
        "Plan a rainy Saturday with two small children.",
        "I have eggs, rice and spinach. What can I cook?",
        "How should I spend one hour in a museum?",
        "Make a training plan for a first 5 km run.",
    ],
    "extract": [
        "What is the date in this sentence? The fair opens on 3 June in Leeds.",
        "Who is the speaker? 'I never liked the sea,' said Martha, and closed the window.",
        "Find the email address: Write to info@example.org or call us before noon.",
        "Which city is named here? After a week in Lisbon they drove home.",
    ],
    "complete": [
        "An apple a day",
        "Once upon a time, in a village by the sea,",
        "To be or not to be,",
        "The three primary colours are",
        "Monday, Tuesday, Wednesday,",
        "2, 4, 6, 8,",
    ],
    "feeling": [
        "My dog died last night.",
        "I failed my driving test again.",
        "My sister just had a baby!",
        "I am afraid of flying and my flight is tomorrow.",
    ],
    "imagine": [
        "What would happen if the Moon disappeared?",
        "What would you do with an extra day each week?",
        "Imagine that trees could walk. Where would they go?",
        "What might a city look like in 200 years?",
    ],
    "joke": [
        "Tell me a joke about a penguin.",
        "Why did the chicken cross the road?",
        "What has keys but opens no locks?",
    ],
    "zh_small_talk": [
        "你好，今天过得怎么样？",
        "早上好！",
        "谢谢你昨天帮我。",
        "我下班了，好累。",
        "晚安，明天见。",
    ],
    "zh_write": [
        "写一句关于月亮的诗。",
        "给一只小白猫起个名字。",
        "写一条短信，告诉朋友你会迟到。",
        "续写：门锁了二十年，今天却开着。",
        "用“虽然”和“但是”造一个句子。",
        "讲一个关于雨伞的小故事。",
    ],
    "zh_task": [
        "把这句话翻译成英文：我喜欢春天。",
        "十七加二十五等于多少？",
        "“高兴”的反义词是什么？",
        "这条评论是好评还是差评？饭菜又冷又贵。",
        "把下面的话说得礼貌一些：把盐给我。",
        "用 Python 写一个把两个数相加的函数。",
    ],
}
