/** Given and family names by language, in the script of that language. */
export const PEOPLE = {
  ar: {
    first: ['محمد', 'فاطمة', 'أحمد', 'مريم', 'يوسف', 'ليلى', 'عمر', 'نور', 'خالد', 'سارة'],
    last: ['الحسن', 'المصري', 'العلي', 'حداد', 'الشامي', 'منصور', 'القاسم', 'خوري'],
  },
  cs: {
    first: ['Zuzana', 'Jiří', 'Tereza', 'Ondřej', 'Kateřina', 'Matěj', 'Lucie', 'Řehoř', 'Žofie', 'Štěpán'],
    last: ['Nováková', 'Dvořák', 'Černá', 'Procházka', 'Kučerová', 'Veselý', 'Říhová', 'Šťastný'],
  },
  de: {
    first: ['Jürgen', 'Käthe', 'Lukas', 'Mia', 'Björn', 'Annelie', 'Felix', 'Jörg', 'Grete', 'Søren'],
    last: ['Müller', 'Weiß', 'Schäfer', 'Groß', 'von der Heide', 'Köhler', 'Böhm', 'Strauß'],
  },
  el: {
    first: ['Γιώργος', 'Ελένη', 'Δημήτρης', 'Μαρία', 'Νίκος', 'Σοφία', 'Χρήστος', 'Άννα'],
    last: ['Παπαδόπουλος', 'Ιωάννου', 'Νικολαΐδης', 'Γεωργίου', 'Δημητρίου', 'Κωνσταντίνου'],
  },
  en: {
    first: ['Olivia', 'Noah', 'Amelia', 'Jack', 'Siobhán', 'Liam', 'Mary-Jane', 'Zoë', 'Ethan', 'Chloé'],
    last: ["O'Connor", 'Smith', 'Taylor-Jones', 'MacDonald', 'Brontë', 'Okafor', "D'Souza", 'Lee'],
  },
  es: {
    first: ['José', 'María', 'Íñigo', 'Lucía', 'Ángel', 'Begoña', 'Núria', 'Andrés'],
    last: ['García', 'Muñoz', 'Ibáñez', 'Núñez de Balboa', 'López', 'Güell', 'Peña'],
  },
  fr: {
    first: ['Éloïse', 'François', 'Chloé', 'Noël', 'Anaïs', 'Jérôme', 'Zoé', 'Gaëtan', 'Inès'],
    last: ['Lefèvre', "d'Estaing", 'Garçon', 'Dupré', 'L’Hermitte', 'Beauséjour', 'Côté'],
  },
  he: {
    first: ['דוד', 'שרה', 'יעל', 'משה', 'נועה', 'איתי', 'תמר', 'אורי'],
    last: ['כהן', 'לוי', 'מזרחי', 'פרץ', 'ביטון', 'אברהם'],
  },
  hi: {
    first: ['आरव', 'प्रिया', 'रोहन', 'अनन्या', 'विवान', 'दीपिका', 'अर्जुन', 'काव्या'],
    last: ['शर्मा', 'सिंह', 'पटेल', 'गुप्ता', 'अय्यर', 'चौधरी'],
  },
  hu: {
    first: ['László', 'Ágnes', 'Győző', 'Zsófia', 'Ernő', 'Tünde', 'Bálint', 'Őrs'],
    last: ['Nagy', 'Kovács', 'Szőke', 'Horváth', 'Tóth', 'Vörös'],
  },
  ja: {
    first: ['陽翔', '葵', 'さくら', '蓮', '結衣', 'ケンジ', '美咲', '大翔'],
    last: ['佐藤', '鈴木', '高橋', '田中', '渡辺', '髙﨑'],
  },
  ko: {
    first: ['민준', '서연', '지후', '하은', '도윤', '수아', '예준', '지우'],
    last: ['김', '이', '박', '최', '정', '강'],
  },
  pl: {
    first: ['Łukasz', 'Małgorzata', 'Michał', 'Zofia', 'Józef', 'Świętosława', 'Grażyna', 'Paweł'],
    last: ['Wójcik', 'Kowalska', 'Zieliński', 'Dąbrowska', 'Szczęsny', 'Błaszczyk'],
  },
  pt: {
    first: ['João', 'Conceição', 'Inês', 'António', 'Mônica', 'Luís', 'Beatriz', 'Estêvão'],
    last: ['Gonçalves', 'Simões', 'de Araújo', 'Magalhães', 'Fernández', 'Leão'],
  },
  ru: {
    first: ['Алексей', 'Мария', 'Пётр', 'Ольга', 'Артём', 'Ксения', 'Фёдор', 'Наталья'],
    last: ['Иванов', 'Смирнова', 'Кузнецов', 'Щербакова', 'Соловьёв', 'Йорк'],
  },
  sv: {
    first: ['Åsa', 'Göran', 'Märta', 'Örjan', 'Linnéa', 'Håkan', 'Elsa', 'Åke'],
    last: ['Sjöberg', 'Öhman', 'Lindström', 'Nyström', 'Åkesson', 'Björk'],
  },
  th: {
    first: ['สมชาย', 'สุภาพร', 'ณัฐพล', 'พิมพ์ชนก', 'ธนากร', 'กนกวรรณ'],
    last: ['ใจดี', 'ศรีสุข', 'วงศ์สวัสดิ์', 'แซ่ลิ้ม', 'ทองคำ'],
  },
  uk: {
    first: ['Олександр', 'Їжакевич', 'Оксана', 'Андрій', 'Ґалина', 'Євген', 'Соломія', 'Ігор'],
    last: ['Шевченко', 'Коваленко', 'Ґонта', 'Бойко', "В'юнник", 'Ющенко'],
  },
  vi: {
    first: ['Hữu Phước', 'Thị Hồng', 'Đức', 'Ngọc Ánh', 'Quỳnh', 'Văn Dũng'],
    last: ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Đặng', 'Bùi'],
  },
  zh: {
    first: ['伟', '芳', '秀英', '建国', '欣怡', '子轩', '思远', '雨涵'],
    last: ['王', '李', '欧阳', '陳', '诸葛', '劉'],
  },
} as const

export type Language = keyof typeof PEOPLE
