"""What the records are about: eight themes, each told in English and in Chinese.

A theme shows in the words only. No sentence here names a colour, a picture, an instrument or a
tempo, so that a reader of blurbs learns nothing about the cover or the sound.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["THEMES", "Phrase", "Theme", "phrases"]


class Phrase(NamedTuple):
    """One phrase in both languages, and the Chinese one in Latin letters."""

    english: str
    chinese: str
    latin: str


class Theme(NamedTuple):
    """What a theme is called, the nouns of its titles, and the stuff of its blurbs."""

    name: Phrase
    nouns: tuple[Phrase, ...]
    details: tuple[str, ...]
    details_zh: tuple[str, ...]
    scenes: tuple[str, ...]
    scenes_zh: tuple[str, ...]
    feelings: tuple[str, ...]
    feelings_zh: tuple[str, ...]


def listed(text: str) -> tuple[str, ...]:
    """Texts between bars."""
    return tuple(part.strip() for part in text.replace("\n", " ").split("|"))


def phrases(text: str) -> tuple[Phrase, ...]:
    """Phrases from "english | chinese | latin" lines."""
    return tuple(Phrase(*listed(line)) for line in text.strip().splitlines())


SEA = Theme(
    Phrase("the sea", "大海", "hai"),
    phrases("""
        Tide | 潮水 | Chaoshui
        Lighthouse | 灯塔 | Dengta
        Harbour | 港湾 | Gangwan
        Island | 岛 | Dao
        Shoreline | 海岸 | Haian
        Fishing Boat | 渔船 | Yuchuan
    """),
    listed("""
        salt on the ropes | a gull on the mast | low tide | a letter in a bottle | the foghorn |
        nets hung out to dry | a swimmer far out | waves against the pier
    """),
    listed("""
        缆绳上的盐 | 桅杆上的海鸥 | 退潮的沙滩 | 漂流瓶 |
        雾笛 | 晾着的渔网 | 拍打码头的浪 | 游得很远的人
    """),
    (
        "Songs about the sea: fishing boats leaving before dawn, salt on the ropes, gulls behind.",
        "A sailor writes home from the far side of the ocean while waves knock on the hull.",
        "The tide comes in, the tide goes out, and the harbour keeps count of every boat.",
        "An album for long beaches, wet sand and the lighthouse that turns all night.",
        "It begins under water and comes up slowly, past kelp and fish, to the surface of the sea.",
        "A storm off the coast, a small boat, and an island that appears when it is needed.",
    ),
    (
        "写给大海的歌：天没亮就出港的渔船，缆绳上的盐，跟在船尾的海鸥。",
        "水手在大洋的另一头写信回家，海浪一下一下敲着船舷。",
        "潮来潮去，港湾记得每一条船。",
        "给长长的海滩、湿沙，还有那座整夜转动的灯塔。",
        "从海底开始，慢慢穿过海草和鱼群，浮上海面。",
        "近海有风暴，一条小船，一座恰好出现的岛。",
    ),
    (
        "You can smell the salt water.",
        "Keep it for the ferry, or for a walk along the shore.",
        "By the end one wants to go to sea.",
    ),
    ("听着像闻到了海水。", "适合在渡轮上听，或沿着海岸走的时候听。", "听完只想出海。"),
)

CITY = Theme(
    Phrase("the city at night", "城市的夜晚", "yecheng"),
    phrases("""
        Crossing | 路口 | Lukou
        Rooftop | 天台 | Tiantai
        Taxi | 出租车 | Chuzuche
        Night Market | 夜市 | Yeshi
        Downtown | 闹市 | Naoshi
        Streetlamp | 街灯 | Jiedeng
    """),
    listed("""
        the last underground train | a bar that never closes | wet asphalt | a far siren |
        strangers at a crossing | lit office windows | a taxi in the rain | the lift to the roof
    """),
    listed("""
        末班地铁 | 通宵的酒吧 | 湿漉漉的马路 | 隔两条街的警笛 |
        路口的陌生人 | 写字楼的灯 | 雨里的出租车 | 通往天台的电梯
    """),
    (
        "The city after midnight: taxis, wet asphalt, shop signs that nobody switches off.",
        "From a rooftop downtown one hears the traffic breathe while the office towers empty.",
        "A walk home through crowded streets, past bars, crossings and the all-night shop.",
        "Night buses, street lamps, strangers on the pavement: an album about living downtown.",
        "He drives a cab through the big city until morning and collects what people say.",
        "Apartment windows light up one by one above the avenue, and every one is a story.",
    ),
    (
        "午夜以后的城市：出租车、湿漉漉的马路、没人去关的招牌。",
        "站在市中心的天台上，写字楼渐渐空了，车流像在呼吸。",
        "穿过拥挤的街道走回家，经过酒吧、路口和通宵的便利店。",
        "夜班公交、街灯、人行道上的陌生人，一张写都市生活的专辑。",
        "他在大城市里开夜班出租车，把乘客的话都记了下来。",
        "大街上方的公寓窗户一扇扇亮起来，每一扇都是一个故事。",
    ),
    (
        "Made for headphones and empty streets.",
        "The town never quite sleeps in it.",
        "It ends when the first underground train leaves.",
    ),
    (
        "适合戴着耳机走在空荡的街上。",
        "这座都市始终没有真正睡去。",
        "第一班地铁开出时，它刚好结束。",
    ),
)

CHILDHOOD = Theme(
    Phrase("childhood", "童年", "tongnian"),
    phrases("""
        Paper Kite | 风筝 | Fengzheng
        Playground | 操场 | Caochang
        Lullaby | 摇篮曲 | Yaolanqu
        Schoolbag | 书包 | Shubao
        Summer Holiday | 暑假 | Shujia
        Hide and Seek | 捉迷藏 | Zhuomicang
    """),
    listed("""
        a wooden rocking horse | the bell for recess | grandmother's slippers | a tree house |
        marbles in a jar | a birthday with six candles | a lost milk tooth | the first bicycle
    """),
    listed("""
        木马 | 下课铃 | 外婆的拖鞋 | 树上的小屋 |
        一罐弹珠 | 插着六根蜡烛的生日蛋糕 | 掉了的乳牙 | 第一辆自行车
    """),
    (
        "Memories of being a child: scraped knees, a schoolbag too big, the bell for recess.",
        "Grandmother's stories at bedtime, toys under the blanket, a lamp left on for the kids.",
        "Two brothers play hide and seek until they are called in, and one of them grows up.",
        "It is about the primary school playground, first friends and the games we made up.",
        "A father finds his old toys and remembers how it felt to be six years old.",
        "Lullabies and counting rhymes, written after the birth of a daughter.",
    ),
    (
        "关于小时候的记忆：磕破的膝盖、太大的书包、下课的铃声。",
        "睡前外婆讲的故事，被窝里的玩具，给孩子留的一盏灯。",
        "兄弟俩捉迷藏，一直玩到大人喊回家，后来其中一个长大了。",
        "写小学的操场、最早的朋友，还有我们自己发明的游戏。",
        "父亲翻出旧玩具，想起自己六岁时的心情。",
        "女儿出生以后写下的摇篮曲和童谣。",
    ),
    (
        "Children understand it at once.",
        "It makes grown-ups ring their mothers.",
        "One is small again for half an hour.",
    ),
    ("孩子一听就懂。", "大人听了会给妈妈打电话。", "半个小时里，又变回了小孩。"),
)

SNOW = Theme(
    Phrase("winter and snow", "冬天和雪", "xue"),
    phrases("""
        Snowfall | 落雪 | Luoxue
        Frost | 霜 | Shuang
        Glacier | 冰川 | Bingchuan
        Winter | 冬天 | Dongtian
        Frozen Lake | 冰湖 | Binghu
        Mountain Hut | 山屋 | Shanwu
    """),
    listed("""
        ice flowers on a window | a sledge without a rider | the first frost | a frozen waterfall |
        breath in cold air | ski tracks | an icicle as long as an arm | a snowed-in village
    """),
    listed("""
        窗上的冰花 | 没人坐的雪橇 | 初霜 | 冻住的瀑布 |
        冷风里的白气 | 雪地上的滑痕 | 一臂长的冰柱 | 大雪封住的村庄
    """),
    (
        "Snow falls on the pass for nine days, and in the hut someone keeps the stove burning.",
        "Winter in the far north: frozen lakes, breath in the air, the sun for one hour a day.",
        "Ice cracks on the river, sledges wait, and the whole valley lies under snow.",
        "About the first frost of the year and the silence after a heavy snowfall.",
        "A glacier moves the length of a hand each day; this album moves with it.",
        "Footprints in deep snow lead up the mountain and do not come back before spring.",
    ),
    (
        "山口的雪下了九天，小屋里有人一直守着炉火。",
        "极北的冬天：结冰的湖、呼出的白气、每天只有一小时的太阳。",
        "河上的冰裂开了，雪橇等在岸边，整个山谷都在雪下。",
        "写一年里的初霜，和大雪之后的安静。",
        "冰川每天移动一掌，这张专辑也跟着它走。",
        "深雪里的脚印一路上山，要到春天才回来。",
    ),
    (
        "Bring a scarf and gloves.",
        "Best heard while it freezes outside.",
        "The cold in it is a friendly cold.",
    ),
    ("听之前请围好围巾。", "最适合外面天寒地冻的时候听。", "它的冷，是友善的那种冷。"),
)

RAILWAY = Theme(
    Phrase("trains and journeys", "火车与旅途", "lutu"),
    phrases("""
        Platform | 站台 | Zhantai
        Timetable | 时刻表 | Shikebiao
        Sleeper Train | 卧铺列车 | Wopu lieche
        Border Station | 边境车站 | Bianjing chezhan
        Suitcase | 行李箱 | Xinglixiang
        Single Ticket | 单程票 | Dancheng piao
    """),
    listed("""
        the night train | a whistle in a tunnel | a missed connection | the dining car |
        a stamp in a passport | luggage without an owner | a bridge over a gorge | the terminus
    """),
    listed("""
        夜行列车 | 隧道里的汽笛 | 错过的换乘 | 餐车 |
        护照上的章 | 无人认领的行李 | 峡谷上的铁桥 | 终点站
    """),
    (
        "A long journey by train: the ticket, the platform, three nights in the sleeping car.",
        "Passengers share a compartment across the continent and part without giving names.",
        "She left with one suitcase on the slow train south; every song is a station on the line.",
        "Rails, tunnels and bridges: the traveller's diary from the first whistle to the terminus.",
        "He missed the connection and spent the night in a waiting room at the border station.",
        "Notes from the road, written on the backs of railway timetables and old tickets.",
    ),
    (
        "坐火车的长途旅行：一张车票、一个站台、卧铺上的三个夜晚。",
        "同一节车厢的旅客横穿大陆，分别时谁也没问姓名。",
        "她提着一只行李箱坐慢车南下，每首歌是沿线的一站。",
        "铁轨、隧道和桥，从第一声汽笛到终点站的旅人日记。",
        "他没赶上换乘的列车，在边境车站的候车室里过了一夜。",
        "旅途笔记，写在列车时刻表和旧车票的背面。",
    ),
    (
        "Take it along on your next trip.",
        "One arrives somewhere else than planned.",
        "It wants a window seat.",
    ),
    ("下次远行请带上它。", "到达的地方和计划的不一样。", "最好坐在靠窗的座位听。"),
)

GARDEN = Theme(
    Phrase("gardens and plants", "花园与草木", "huayuan"),
    phrases("""
        Orchard | 果园 | Guoyuan
        Greenhouse | 温室 | Wenshi
        Seedling | 幼苗 | Youmiao
        Honeybee | 蜜蜂 | Mifeng
        Wisteria | 紫藤 | Ziteng
        Moss | 苔藓 | Taixian
    """),
    listed("""
        a bee asleep in a flower | rain on cabbage leaves | the compost heap | a rake by the gate |
        plums too high to reach | seeds in a matchbox | ivy on the wall | a toad under the pots
    """),
    listed("""
        睡在花里的蜜蜂 | 打在菜叶上的雨 | 堆肥 | 门边的耙子 |
        够不着的李子 | 火柴盒里的种子 | 墙上的常春藤 | 花盆下的蟾蜍
    """),
    (
        "A year in the garden: sowing, weeding, bees in the flowers, apples in the grass.",
        "The old gardener talks to his roses, and the greenhouse listens.",
        "Seeds in a matchbox, soil under the nails, and in June everything blooms at once.",
        "It follows one pear tree from its blossom to the last leaf in the orchard.",
        "Moss, ferns and mushrooms: written for everything that grows in the shade.",
        "About vines that climb the wall, bees that visit, and vegetables left for neighbours.",
    ),
    (
        "花园里的一年：播种、除草、花里的蜜蜂、草地上的苹果。",
        "老园丁跟他的玫瑰说话，温室在一旁听着。",
        "火柴盒里的种子，指甲里的泥土，到了六月全都开花。",
        "跟着一棵梨树，从开花写到果园里的最后一片叶子。",
        "苔藓、蕨类和蘑菇，写给一切在阴凉处生长的植物。",
        "写爬上墙的藤蔓、来访的蜜蜂，还有送给邻居的蔬菜。",
    ),
    (
        "Water it and leave it in the light.",
        "It grows, quite literally, on you.",
        "Something is in flower in every song.",
    ),
    ("浇点水，放在有光的地方。", "越听越像在发芽。", "每首歌里都有花在开。"),
)

STARS = Theme(
    Phrase("stars and space", "星空与宇宙", "xingkong"),
    phrases("""
        Orbit | 轨道 | Guidao
        Satellite | 卫星 | Weixing
        Comet | 彗星 | Huixing
        Observatory | 天文台 | Tianwentai
        Galaxy | 银河 | Yinhe
        Moonrise | 月升 | Yuesheng
    """),
    listed("""
        the rings of Saturn | a signal from a probe | a meteor at dawn | the dark side of the moon |
        an astronaut's glove adrift | two moons rising | a telescope in the desert | dust of a nova
    """),
    listed("""
        土星的光环 | 探测器的信号 | 黎明的流星 | 月球的背面 |
        飘走的宇航手套 | 同时升起的两个月亮 | 沙漠里的望远镜 | 新星的尘埃
    """),
    (
        "An astronaut looks back at the Earth and sends the same message for forty years.",
        "Comets, satellites and the far side of the moon: a map of space for one listener.",
        "In the observatory the telescope opens, and the light of a dead star arrives.",
        "A probe leaves the solar system and describes each planet that it passes.",
        "Songs about orbits and gravity, about galaxies that drift apart and do not mind.",
        "Two astronomers fall in love with the same comet; it returns every seventy-six years.",
    ),
    (
        "宇航员回望地球，四十年里一直发着同一条讯息。",
        "彗星、卫星和月球的背面，一张给一个人听的宇宙地图。",
        "天文台的望远镜打开了，一颗死去的恒星的光刚刚到达。",
        "探测器飞出太阳系，把经过的每颗行星都描述了一遍。",
        "写轨道和引力，写慢慢远离却并不在意的星系。",
        "两个天文学家爱上同一颗彗星，它七十六年才回来一次。",
    ),
    (
        "Weightless from the first second.",
        "To be heard under a clear sky with all its stars.",
        "The universe is large, and this is company.",
    ),
    ("从第一秒起就失重。", "适合在晴朗的星空下听。", "宇宙很大，它来做伴。"),
)

KITCHEN = Theme(
    Phrase("food and the kitchen", "饭菜与厨房", "chufang"),
    phrases("""
        Dumpling | 饺子 | Jiaozi
        Noodle Soup | 汤面 | Tangmian
        Bread Oven | 面包炉 | Mianbao lu
        Cookbook | 菜谱 | Caipu
        Breakfast | 早餐 | Zaocan
        Pepper Pot | 胡椒罐 | Hujiao guan
    """),
    listed("""
        steam on the lid | garlic in hot oil | a pinch of salt | the last slice of cake |
        dough under a cloth | soup for a sick friend | burnt toast | a spoon that goes round
    """),
    listed("""
        锅盖上的热气 | 下了油锅的蒜 | 一撮盐 | 最后一块蛋糕 |
        盖着布的面团 | 给病人熬的汤 | 烤焦的面包 | 传着用的勺子
    """),
    (
        "Everything happens in a kitchen: dumplings are folded, soup boils, the family eats.",
        "A baker gets up at three, kneads the dough and hums what became this album.",
        "Recipes set to music: garlic, ginger, a spoon of vinegar, noodles for whoever is hungry.",
        "The cook of a small restaurant sings about breakfast, spices and guests who stay late.",
        "Her aunt's cookbook, read aloud page by page, with butter stains and all.",
        "About cooking for one, then for two, then for a table of twelve hungry people.",
    ),
    (
        "一切都发生在厨房里：包饺子，煲汤，一家人吃饭。",
        "面包师三点起床揉面，嘴里哼的调子后来成了这张专辑。",
        "把菜谱写成歌：蒜、姜、一勺醋，给饿了的人一碗面。",
        "小饭馆的厨师唱早餐、唱香料、唱迟迟不走的客人。",
        "姨妈的菜谱，一页一页念出来，连油渍也念。",
        "写做一个人的饭，两个人的饭，再到满满一桌十二个人的饭菜。",
    ),
    (
        "Do not listen on an empty stomach.",
        "It goes well with bread and soup.",
        "Tastes better the second time.",
    ),
    ("千万别饿着肚子听。", "配面包和热汤正好。", "第二遍更有滋味。"),
)

THEMES: dict[str, Theme] = {
    "sea": SEA,
    "city": CITY,
    "childhood": CHILDHOOD,
    "snow": SNOW,
    "railway": RAILWAY,
    "garden": GARDEN,
    "stars": STARS,
    "kitchen": KITCHEN,
}
