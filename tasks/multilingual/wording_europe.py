"""How the languages of Europe ask: labels of question and reply, then a template for each of wording.KINDS."""

from __future__ import annotations

ROWS = {
    "de": """Frage:|Antwort:
        Heute ist {x}. Welcher Wochentag ist morgen?
        Heute ist {x}. Welcher Wochentag war gestern?
        Heute ist {x}. Welcher Wochentag ist {n} Tage später?
        Welcher Monat kommt direkt nach dem Monat "{x}"?
        Welcher Monat kommt direkt vor dem Monat "{x}"?
        Welcher Monat kommt {n} Monate nach dem Monat "{x}"?
        Welche Währung hat dieses Land: {x}?
        In welchem Land ist diese Währung gesetzliches Zahlungsmittel: {x}?
        Was ist die Amtssprache dieses Landes: {x}?
        "{x}" ist der Name eines Landes in der Landessprache. Wie heißt das Land auf Deutsch?
        "{x}" ist der Name einer Sprache in dieser Sprache selbst. Wie heißt sie auf Deutsch?""",
    "fr": """Question :|Réponse :
        Aujourd’hui, nous sommes {x}. Quel jour de la semaine serons-nous demain ?
        Aujourd’hui, nous sommes {x}. Quel jour de la semaine étions-nous hier ?
        Aujourd’hui, nous sommes {x}. Quel jour de la semaine serons-nous dans {n} jours ?
        Quel mois vient juste après celui-ci : {x} ?
        Quel mois vient juste avant celui-ci : {x} ?
        Quel mois vient {n} mois après celui-ci : {x} ?
        Quelle est la monnaie de ce pays : {x} ?
        Dans quel pays cette monnaie a-t-elle cours légal : {x} ?
        Quelle est la langue officielle de ce pays : {x} ?
        « {x} » est le nom d’un pays dans sa propre langue. Comment s’appelle ce pays en français ?
        « {x} » est le nom d’une langue dans cette langue même. Comment s’appelle-t-elle en français ?""",
    "es": """Pregunta:|Respuesta:
        Hoy es {x}. ¿Qué día de la semana será mañana?
        Hoy es {x}. ¿Qué día de la semana fue ayer?
        Hoy es {x}. ¿Qué día de la semana será dentro de {n} días?
        ¿Qué mes viene justo después del mes de «{x}»?
        ¿Qué mes viene justo antes del mes de «{x}»?
        ¿Qué mes viene {n} meses después del mes de «{x}»?
        ¿Cuál es la moneda de este país: {x}?
        ¿En qué país es moneda de curso legal: {x}?
        ¿Cuál es el idioma oficial de este país: {x}?
        «{x}» es el nombre de un país en su propio idioma. ¿Cómo se llama ese país en español?
        «{x}» es el nombre de un idioma en ese mismo idioma. ¿Cómo se llama en español?""",
    "it": """Domanda:|Risposta:
        Oggi è {x}. Che giorno della settimana sarà domani?
        Oggi è {x}. Che giorno della settimana era ieri?
        Oggi è {x}. Che giorno della settimana sarà tra {n} giorni?
        Quale mese viene subito dopo il mese di «{x}»?
        Quale mese viene subito prima del mese di «{x}»?
        Quale mese viene {n} mesi dopo il mese di «{x}»?
        Qual è la valuta di questo paese: {x}?
        In quale paese ha corso legale questa valuta: {x}?
        Qual è la lingua ufficiale di questo paese: {x}?
        «{x}» è il nome di un paese nella sua lingua. Come si chiama quel paese in italiano?
        «{x}» è il nome di una lingua in quella stessa lingua. Come si chiama in italiano?""",
    "pt": """Pergunta:|Resposta:
        -
        -
        -
        Que mês vem logo depois do mês de “{x}”?
        Que mês vem logo antes do mês de “{x}”?
        Que mês vem {n} meses depois do mês de “{x}”?
        Qual é a moeda deste país: {x}?
        Em que país esta moeda tem curso legal: {x}?
        Qual é a língua oficial deste país: {x}?
        “{x}” é o nome de um país na sua própria língua. Como se chama esse país em português?
        “{x}” é o nome de uma língua nessa mesma língua. Como se chama em português?""",
    "pl": """Pytanie:|Odpowiedź:
        Dziś jest {x}. Jaki dzień tygodnia będzie jutro?
        Dziś jest {x}. Jaki dzień tygodnia był wczoraj?
        Dziś jest {x}. Jaki dzień tygodnia będzie za {n} dni?
        Który miesiąc następuje zaraz po tym miesiącu: {x}?
        Który miesiąc poprzedza bezpośrednio ten miesiąc: {x}?
        Teraz jest {x}. Jaki miesiąc będzie za {n} miesięcy?
        Jaka jest waluta tego kraju: {x}?
        W którym kraju obowiązuje ta waluta: {x}?
        Jaki jest język urzędowy tego kraju: {x}?
        "{x}" to nazwa kraju w jego własnym języku. Jak ten kraj nazywa się po polsku?
        "{x}" to nazwa języka w tym właśnie języku. Jak ten język nazywa się po polsku?""",
    "ru": """Вопрос:|Ответ:
        Сегодня {x}. Какой день недели будет завтра?
        Сегодня {x}. Какой день недели был вчера?
        Сегодня {x}. Какой день недели будет через {n} дней?
        Какой месяц идёт сразу после месяца «{x}»?
        Какой месяц идёт прямо перед месяцем «{x}»?
        Сейчас {x}. Какой месяц будет через {n} месяцев?
        Какая валюта у этой страны: {x}?
        В какой стране имеет хождение эта валюта: {x}?
        Какой официальный язык у этой страны: {x}?
        «{x}» — название страны на её собственном языке. Как эта страна называется по-русски?
        «{x}» — название языка на нём самом. Как этот язык называется по-русски?""",
    "uk": """Питання:|Відповідь:
        Сьогодні {x}. Який день тижня буде завтра?
        Сьогодні {x}. Який день тижня був учора?
        Сьогодні {x}. Який день тижня буде через {n} днів?
        Який місяць настає одразу після місяця «{x}»?
        Який місяць передує місяцю «{x}»?
        Зараз {x}. Який місяць буде через {n} місяців?
        Яка валюта цієї країни: {x}?
        У якій країні ця валюта є законним платіжним засобом: {x}?
        Яка офіційна мова цієї країни: {x}?
        «{x}» — назва країни її власною мовою. Як ця країна називається українською?
        «{x}» — назва мови цією ж мовою. Як ця мова називається українською?""",
    "el": """Ερώτηση:|Απάντηση:
        -
        -
        -
        Ποιος μήνας έρχεται αμέσως μετά από αυτόν τον μήνα: {x};
        Ποιος μήνας έρχεται αμέσως πριν από αυτόν τον μήνα: {x};
        Τώρα είναι {x}. Ποιος μήνας θα είναι σε {n} μήνες;
        Ποιο είναι το νόμισμα αυτής της χώρας: {x};
        Σε ποια χώρα είναι επίσημο αυτό το νόμισμα: {x};
        Ποια είναι η επίσημη γλώσσα αυτής της χώρας: {x};
        «{x}» είναι το όνομα μιας χώρας στη δική της γλώσσα. Πώς λέγεται αυτή η χώρα στα ελληνικά;
        «{x}» είναι το όνομα μιας γλώσσας στην ίδια τη γλώσσα. Πώς λέγεται αυτή η γλώσσα στα ελληνικά;""",
    "tr": """Soru:|Cevap:
        Bugün günlerden {x}. Yarın haftanın hangi günü?
        Bugün günlerden {x}. Dün haftanın hangi günüydü?
        Bugün günlerden {x}. {n} gün sonra haftanın hangi günü?
        “{x}” ayından hemen sonra hangi ay gelir?
        “{x}” ayından hemen önce hangi ay gelir?
        “{x}” ayından {n} ay sonra hangi ay gelir?
        Şu ülkenin para birimi nedir: {x}?
        Şu para birimi hangi ülkede kullanılır: {x}?
        Şu ülkenin resmî dili nedir: {x}?
        “{x}”, bir ülkenin kendi dilindeki adıdır. Bu ülkenin Türkçe adı nedir?
        “{x}”, bir dilin kendi adıdır. Bu dilin Türkçe adı nedir?""",
}
