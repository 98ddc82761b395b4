"""Replies written by hand, each with what a person reads in it: for the readers of the multilingual tasks."""

from __future__ import annotations

# --- in the language asked in ------------------------------------------------------------------

IN_THEIR_LANGUAGE: dict[str, tuple[str, ...]] = {
    "ar": ("أقترح عليك البيض والخبز مع كوب من الشاي.", "القطة نائمة بهدوء على الوسادة قرب النافذة."),
    "de": ("Liebe Frau Weber, vielen Dank, dass Sie meine Blumen gegossen haben!",
           "Spazierengehen stärkt das Herz und macht den Kopf frei."),
    "el": ("Βάλε το ψωμί σε μια πάνινη σακούλα και κράτησέ το σε δροσερό μέρος.", "Η θάλασσα είναι γαλάζια και ήρεμη."),
    "es": ("Llueve porque el vapor de agua se enfría y forma gotas.", "Te recomiendo fruta fresca con yogur y pan."),
    "fr": ("Faites bouillir de l’eau, puis laissez infuser le thé trois minutes.",
           "Le chat dort en boule sur le canapé. Il ronronne doucement."),
    "hi": ("पैदल चलने से दिल मज़बूत होता है और मन शांत रहता है।", "माफ़ करना दोस्त, मैं थोड़ी देर से पहुँचूँगा।"),
    "id": ("Siramlah tanaman Anda dua atau tiga kali seminggu.",
           "Membaca buku menambah pengetahuan dan melatih pikiran."),
    "it": ("Prova a spegnere il telefono un’ora prima di andare a letto.",
           "Il gatto dorme beato sul divano accanto al fuoco."),
    "ja": ("お母さんの好きな花やお菓子を贈るといいでしょう。", "春になると桜が咲きます。風も暖かくなります。"),
    "ko": ("바다는 넓고 푸릅니다. 파도가 조용히 밀려옵니다.", "보통 일주일에 한두 번 물을 주면 됩니다."),
    "pl": ("Deszcz pada, gdy para wodna w chmurach się skrapla.", "Czytanie rozwija wyobraźnię i uczy nowych słów."),
    "pt": ("Ferva a água, junte as folhas e espere três minutos.", "A primavera traz flores e dias mais longos."),
    "ru": ("Храните хлеб в хлебнице или в бумажном пакете.", "Море было спокойным и синим, и волны тихо шумели."),
    "tr": ("Binmeden önce frenleri ve lastikleri kontrol et.",
           "Kitap okumak hayal gücünü geliştirir ve insanı rahatlatır."),
    "uk": ("Кіт згорнувся клубочком на ковдрі й тихо муркоче.", "Закип’ятіть воду і залийте нею чай на кілька хвилин."),
    "vi": ("Mùa xuân đến, cây cối đâm chồi nảy lộc.", "Xin lỗi bạn, mình sẽ đến muộn khoảng mười phút."),
    "zh": ("周末有空来我家吃晚饭吗？我做几个拿手菜。", "盆栽一般每周浇一到两次水就可以了。"),
}  # fmt: skip
"""Two replies of a sentence or two each."""

LANGUAGE_OF_REPLY: tuple[tuple[str, str, bool | None], ...] = (
    # English, all of it or most
    ("de", "You could give your mother flowers or a book for her birthday.", False),
    ("ru", "Sure! Walking is good for your heart and your mood.", False),
    ("ar", "I'm sorry, but I can't help with that request.", False),
    ("ja", "I'm sorry, I can only answer in English.", False),
    ("id", "Water your plants two or three times a week.", False),
    ("vi", "Spring brings flowers and longer days to everyone.", False),
    ("es", "Te sugiero huevos. You can also have some fresh fruit with yoghurt and a slice of bread.", False),
    # Another language
    ("uk", "Перед сном лучше не смотреть в телефон и проветрить комнату.", False),
    ("pt", "Hierve el agua, añade las hojas y espera tres minutos antes de servir.", False),
    ("es", "Faites bouillir de l’eau, puis laissez infuser le thé trois minutes.", False),
    ("ja", "春天来了，花儿开了，天气也变暖和了。", False),
    ("zh", "植木鉢には週に一、二回水をやってください。", False),
    ("ko", "海は広くて青いです。波が静かに寄せてきます。", False),
    ("hi", "Paidal chalne se dil mazboot hota hai aur man shaant rehta hai.", False),
    ("el", "I thalassa einai galazia kai iremi simera to proi.", False),
    ("tr", "Før du sykler bør du sjekke bremsene og dekkene.", False),
    # An opening or a name in another language, or a list
    ("de", "Sure! Ein schöner Blumenstrauß oder ein gutes Buch wären passende Geschenke für deine Mutter.", True),
    ("fr", "Bien sûr ! Offre-lui le livre « The Great Gatsby » ou un foulard en soie.", True),
    ("it", "1. Spegni il telefono un'ora prima.\n2. Bevi una tisana calda.\n3. Leggi qualche pagina.", True),
    ("ko", "1. 브레이크를 확인하세요.\n2. 타이어의 공기압을 확인하세요.", True),
    ("zh", "**检查刹车**，再看看轮胎的气够不够。", True),
    ("pl", "Drogi Tomku, zapraszam Cię jutro na kolację! Będzie pizza i", True),
    ("de", "Es tut mir leid, dabei kann ich leider nicht helfen.", True),
    # Loops
    ("de", "Das ist gut. Das ist gut. Das ist gut. Das ist gut. Das ist gut. Das ist gut.", False),
    ("zh", "天黑了天黑了天黑了天黑了天黑了天黑了天黑了天黑了天黑了天黑了天黑了天黑了", False),
    ("ru", "Поливать. Поливать. Поливать. Поливать. Поливать. Поливать. Поливать. Поливать. Поливать.", False),
    # Too short to tell
    ("es", "", None),
    ("de", "Blumen.", None),
    ("it", "OK", None),
    ("zh", "好的", None),
    ("tr", "...", None),
    ("fr", "123 456 789 000", None),
)
"""Language asked in, reply, whether it is in it; None where that cannot be told."""

# --- facts --------------------------------------------------------------------------------------

FACTS_READ = r"""
country_name:HU/ru|Это Венгрия.|1
country_name:HU/ru|Речь идёт о Венгрии.|1
country_name:HU/ru|По-русски эта страна называется Венгрией.|1
country_name:HU/ru|Болгария|0
country_name:HU/ru|Hungary|0
country_name:HU/ru|Это не Румыния, а Венгрия.|1
country_name:HU/ru|Венгрия или Румыния|0
days_later:3+10/ru|Через 10 дней будет воскресенье.|1
days_later:3+10/ru|воскресенья|1
day_after:1/ru|Сегодня вторник, завтра будет среда.|1
day_after:1/ru|в среду|1
day_after:1/ru|четверг|0
day_after:1/de|Morgen ist Mittwoch.|1
day_after:1/de|Mittwochs|1
day_after:1/de|Nicht Donnerstag, sondern Mittwoch.|1
day_after:1/de|Mittwoch oder Donnerstag|0
day_after:1/de|Wednesday|0
day_after:1/de|Heute ist Dienstag, also ist morgen Mittwoch.|1
day_after:1/de|Ich weiß es nicht.|?
official_language:GA/tr|Soru: Şu ülkenin resmî dili nedir: Gabon?\nCevap:|?
language_name:eu/it|«euskara» è il nome di una lingua in quella stessa lingua.|0
day_after:1/de|Heute ist Dienstag. Welcher Wochentag ist morgen?|?
days_later:5+100/de|Sonnabend|0
day_after:1/tr|Yarın çarşambadır.|1
day_after:1/tr|Çarşamba günü|1
day_after:1/tr|Perşembe'dir|0
days_later:5+100/tr|Pazartesi'dir|1
days_later:5+100/tr|Pazar|0
day_after:1/ko|내일은 수요일입니다.|1
day_after:1/ko|목요일입니다|0
day_after:1/ko|모르겠습니다.|?
day_after:1/ja|明日は水曜日です。|1
day_after:1/ja|水曜です|1
day_after:1/ja|木曜日です。|0
day_after:1/hi|कल बुधवार होगा।|1
day_after:1/hi|कल गुरुवार होगा।|0
currency:JP/ko|엔화입니다.|1
currency:JP/ko|원화|0
currency:JP/ja|日本の通貨は円です。|1
currency:MY/ja|マレーシアの通貨はリンギットです。|1
currency:MY/ja|マレーシアの通貨はバーツです。|0
currency:JP/ar|عملة اليابان هي الين الياباني.|1
currency:JP/ar|هي الوون|0
currency:HU/es|El florín|1
currency:HU/es|No es el esloti, sino el forinto.|1
currency:HU/es|El zloty|0
currency:IN/it|Non lo so.|?
currency:IN/fr|La roupie indienne|1
official_language:IR/ar|اللغة الرسمية في إيران هي الفارسية.|1
official_language:AT/pl|W Austrii mówi się po niemiecku.|1
official_language:AT/pl|czeski|0
official_language:AT/el|Η γερμανική γλώσσα|1
official_language:BR/zh|巴西的官方语言是葡萄牙语。|1
official_language:BR/zh|西班牙语|0
official_language:BR/zh|葡萄牙文|1
official_language:BR/vi|Ngôn ngữ chính thức của Brazil là tiếng Bồ Đào Nha.|1
official_language:BR/vi|tiếng Anh|0
months_later:10+5/pl|W marcu|1
months_later:10+5/el|Μαρτίου|1
months_later:10+5/el|Απρίλιος|0
country_of_currency:KZT/uk|У Казахстані.|1
country_of_currency:KZT/uk|Монголія|0
country_of_currency:GHS/id|Mata uang ini berlaku di Ghana.|1
month_after:4/pt|Sim, é maio.|1
month_after:4/es|¡Claro! Es mayo.|1
month_after:4/fr|Ce n’est pas juin, mais mai.|1
month_after:4/uk|травня|1
day_after:1/id|Bukan Kamis, melainkan Rabu.|1
day_before:4/uk|Вчора була п'ятниця.|0
currency:JP/de|Die Währung Japans ist der Yen, nicht der Won.|1
country_name:HU/zh|這個國家是匈牙利。|1
country_name:HU/ar|هي دولة المجر.|1
language_name:cy/pt|Chama-se galês em português.|1
language_name:cy/pt|bretão|0
language_name:ka/tr|Gürcücedir.|1
language_name:ka/tr|Ermenice'dir|0
language_name:he/uk|арабською|0
month_before:9/ru|Перед сентябрём идёт август.|1
month_before:9/ru|сентябрь|0
month_before:9/uk|Вересню передує серпень.|1
month_after:4/pl|Zaraz po kwietniu następuje maj.|1
month_before:9/el|Πριν από τον Σεπτέμβριο έρχεται ο Αύγουστος.|1
months_later:2+5/uk|Через 5 місяців після лютого буде червень.|0
days_later:5+100/tr|Bugün Cumartesi ise 100 gün sonra Pazartesi olur.|1
days_later:5+100/tr|Cumartesi|0
country_name:EG/fr|Ce pays s’appelle l’Égypte en français.|1
country_name:EG/fr|L'Irak|0
country_name:AM/it|Si chiama l'Armenia.|1
language_name:he/it|È l’ebraico.|1
currency:IN/fr|La monnaie de l'Inde est la roupie.|1
currency:AO/it|La valuta dell'Angola è il kwanza.|1
currency:ZA/zh|南非的货币是南非兰特。|1
currency:ZA/zh|南非的货币是奈拉。|0
official_language:IR/ja|イランの公用語はペルシャ語です。|1
language_name:ka/vi|Tiếng Gruzia|1
country_name:AM/hi|यह आर्मीनिया है।|1
"""
"""Item, reply (\\n for the end of a line), and what is read: 1 right, 0 wrong or in another language, ? no answer."""
