"""How the languages of Asia and Africa ask: labels of question and reply, then a template for each of wording.KINDS."""

from __future__ import annotations

ROWS = {
    "id": """Pertanyaan:|Jawaban:
        Hari ini hari {x}. Besok hari apa?
        Hari ini hari {x}. Kemarin hari apa?
        Hari ini hari {x}. {n} hari lagi hari apa?
        Bulan apa yang datang tepat setelah bulan {x}?
        Bulan apa yang datang tepat sebelum bulan {x}?
        Sekarang bulan {x}. {n} bulan lagi bulan apa?
        Apa mata uang negara ini: {x}?
        Di negara mana mata uang ini berlaku: {x}?
        Apa bahasa resmi negara ini: {x}?
        “{x}” adalah nama sebuah negara dalam bahasanya sendiri. Apa nama negara itu dalam bahasa Indonesia?
        “{x}” adalah nama sebuah bahasa dalam bahasa itu sendiri. Apa nama bahasa itu dalam bahasa Indonesia?""",
    "vi": """Câu hỏi:|Trả lời:
        -
        -
        -
        -
        -
        -
        Đơn vị tiền tệ của nước này là gì: {x}?
        Đơn vị tiền tệ này được dùng ở nước nào: {x}?
        Ngôn ngữ chính thức của nước này là gì: {x}?
        “{x}” là tên một nước trong ngôn ngữ của chính nước đó. Tên tiếng Việt của nước này là gì?
        “{x}” là tên một ngôn ngữ trong chính ngôn ngữ đó. Tên tiếng Việt của ngôn ngữ này là gì?""",
    "ar": """سؤال:|جواب:
        -
        -
        -
        ما هو الشهر الذي يأتي مباشرة بعد شهر {x}؟
        ما هو الشهر الذي يأتي مباشرة قبل شهر {x}؟
        نحن الآن في شهر {x}. في أي شهر سنكون بعد {n}؟
        ما هي عملة هذا البلد: {x}؟
        في أي بلد تُستخدم هذه العملة: {x}؟
        ما هي اللغة الرسمية لهذا البلد: {x}؟
        «{x}» هو اسم بلد بلغته الخاصة. ما اسم هذا البلد بالعربية؟
        «{x}» هو اسم لغة بتلك اللغة نفسها. ما اسم هذه اللغة بالعربية؟""",
    "hi": """प्रश्न:|उत्तर:
        आज {x} है। कल सप्ताह का कौन-सा दिन होगा?
        आज {x} है। कल सप्ताह का कौन-सा दिन था?
        आज {x} है। {n} दिन बाद सप्ताह का कौन-सा दिन होगा?
        “{x}” के ठीक बाद कौन-सा महीना आता है?
        “{x}” से ठीक पहले कौन-सा महीना आता है?
        अभी {x} का महीना है। {n} महीने बाद कौन-सा महीना होगा?
        इस देश की मुद्रा क्या है: {x}?
        यह मुद्रा किस देश में चलती है: {x}?
        इस देश की राजभाषा क्या है: {x}?
        “{x}” एक देश का उसकी अपनी भाषा में नाम है। हिन्दी में इस देश को क्या कहते हैं?
        “{x}” एक भाषा का उसी भाषा में नाम है। हिन्दी में इस भाषा को क्या कहते हैं?""",
    "ja": """質問：|回答：
        今日は{x}です。明日は何曜日ですか。
        今日は{x}です。昨日は何曜日でしたか。
        今日は{x}です。{n}日後は何曜日ですか。
        -
        -
        -
        次の国の通貨は何ですか：{x}
        次の通貨が使われている国はどこですか：{x}
        次の国の公用語は何ですか：{x}
        「{x}」は、ある国の名前をその国の言葉で書いたものです。日本語では何という国ですか。
        「{x}」は、ある言語の名前をその言語で書いたものです。日本語では何という言語ですか。""",
    "ko": """질문:|답변:
        오늘은 {x}입니다. 내일은 무슨 요일입니까?
        오늘은 {x}입니다. 어제는 무슨 요일이었습니까?
        오늘은 {x}입니다. {n}일 후는 무슨 요일입니까?
        -
        -
        -
        다음 나라의 통화는 무엇입니까: {x}
        다음 통화를 쓰는 나라는 어디입니까: {x}
        다음 나라의 공용어는 무엇입니까: {x}
        ‘{x}’은(는) 어떤 나라의 이름을 그 나라 말로 쓴 것입니다. 한국어로 이 나라를 무엇이라고 합니까?
        ‘{x}’은(는) 어떤 언어의 이름을 그 언어로 쓴 것입니다. 한국어로 이 언어를 무엇이라고 합니까?""",
    "zh": """问题：|回答：
        -
        -
        -
        -
        -
        -
        这个国家的货币是什么：{x}？
        这种货币是哪个国家的货币：{x}？
        这个国家的官方语言是什么：{x}？
        “{x}”是某个国家用本国语言写的国名。这个国家用中文叫什么？
        “{x}”是某种语言用该语言写的名称。这种语言用中文叫什么？""",
}
