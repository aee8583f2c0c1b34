"""Stop words: those that nearly every text has, whatever it is about."""

from __future__ import annotations

__all__ = ["STOP_WORDS"]

ENGLISH = """
a an the this that these those each every either neither some any no all both such same other
another own few many much more most less least several
i me my mine myself you your yours yourself he him his himself she her hers herself it its itself
we us our ours ourselves they them their theirs themselves one ones who whom whose which what
someone anyone everyone nobody something anything everything nothing
am is are was were be been being do does did doing done have has had having can could will would
shall should may might must let ought
n't 's 're 'll 've 'd 'm not nor
and or but so yet if unless until while because since although though as than whether
about above across after against along among around at before behind below beneath beside besides
between beyond by despite down during except for from in inside into like near of off on onto out
outside over past per through throughout to toward towards under up upon via with within without
again also already always almost even ever here there how when where why just still then thus too
very only quite rather really once further now never not however instead
"""
CHINESE = """
的 了 着 过 地 得 之 所 们 者 吗 呢 吧 啊 呀 嘛 啦 哦 嗯 而已 似的 一样 一般 我 你 您 他 她 它
我们 你们 他们 她们 它们 咱们 自己 大家 人家 谁 什么 哪 哪里 哪儿 哪个 哪些 这 那 这个 那个
这些 那些 这里 那里 这儿 那儿 这样 那样 这么 那么 此 其 某 各 每 本 该 其他 其它 另 一 一个
一种 一些 一下 一点 一次 一直 两 几 多 许多 很多 个 种 些 张 首 次 位 件 只 条 款 是
有 没 没有 不 不是 无 未 别 会 能 能够 可以 可 要 应 应该 必须 让 使 被 把 将 给 叫 令 在 于 从
自 由 向 往 到 对 对于 关于 以 按 按照 根据 为 为了 因 因为 由于 跟 和 与 同 及 以及 或 或者 并
并且 而 而且 但 但是 却 不过 然而 虽然 尽管 如果 假如 要是 只要 只有 除了 除 所以 因此 于是 则
就 也 都 还 还有 又 再 才 便 即 即使 很 太 更 最 非常 十分 比较 比 越 已 已经 曾 正 正在 刚
刚刚 仍 仍然 里 里面 上 上面 下 下面 中 内 外 前 后 之前 之后 后面 时 时候 当 等 等等 如 如何
怎么 怎样 为什么 多少 来 去 做 是否 起来 出来 下来 上来 之间 之一 以上 以下 以前 以后 先
再是 最后 第一 第二 第三
"""
STOP_WORDS = {"en": frozenset(ENGLISH.split()), "zh": frozenset(CHINESE.split())}
