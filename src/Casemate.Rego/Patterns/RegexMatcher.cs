namespace Casemate.Rego.Patterns;

/// <summary>Matches texts, one after the other; used by one thread.</summary>
internal sealed class RegexMatcher
{
    private readonly Action<long> _step;
    private RegexProgram _program = null!;
    private string _text = "";
    private int _slots;
    private int[] _stack = [];
    private Threads _now = new(0, 0);
    private Threads _next = new(0, 0);
    private int[] _captures = [];

    /// <param name="step">Told how much work was done, so that limits hold inside of a long match too.</param>
    public RegexMatcher(Action<long> step) => _step = step;

    /// <summary>Begins with another pattern and text.</summary>
    /// <param name="program">The pattern.</param>
    /// <param name="text">The text.</param>
    /// <param name="groups">Whether to note where groups matched.</param>
    public void Start(RegexProgram program, string text, bool groups)
    {
        (_program, _text, _slots) = (program, text, groups ? 2 * program.Groups : 2);
        if (_now.Size < program.Length || _now.Room < program.Length * _slots)
        {
            var (size, room) = (Math.Max(program.Length, _now.Size * 2), Math.Max(program.Length * _slots, _now.Room));
            _stack = new int[(3 * size) + 8];
            _now = new Threads(size, room);
            _next = new Threads(size, room);
        }

        if (_captures.Length < _slots)
        {
            _captures = new int[_slots];
        }
    }

    /// <summary>Whether the text holds a match anywhere.</summary>
    public bool IsMatch() =>
        (!_program.Anchored || _text.StartsWith(_program.Prefix, StringComparison.Ordinal)) && Find(0, longestMatters: false) is not null;

    /// <summary>
    /// The leftmost match at or after a place: pairs of offsets, the whole match first, -1 where a group took no part; null for none.
    /// </summary>
    public int[]? Find(int start) => Find(start, longestMatters: true);

    private int[]? Find(int start, bool longestMatters)
    {
        int[]? found = null;
        _now.Count = 0;
        _now.Generation++;
        for (var at = start; ;)
        {
            if (found is null && _now.Count == 0 && _program is { Anchored: false, First: >= 0 and var first })
            {
                var skipped = _text.AsSpan(at).IndexOf((char)first);
                if (skipped < 0)
                {
                    return null;
                }

                at += skipped;
            }

            if (found is null && (at == 0 || !_program.Anchored))
            {
                _captures.AsSpan(0, _slots).Fill(-1);
                Add(_now, 0, at, _captures);
            }

            if (_now.Count == 0 && (found is not null || _program.Anchored))
            {
                return found;
            }

            if (_now.Count == 1 && (found is not null || _program.Anchored) && Run(ref at, out var failed))
            {
                if (failed)
                {
                    return found;
                }

                continue;
            }

            var (c, width) = Read(at);
            _next.Count = 0;
            _next.Generation++;
            _step(1 + (_now.Count / 8));
            for (var i = 0; i < _now.Count; i++)
            {
                var pc = _now.Dense[i];
                ref readonly var instruction = ref _program.Code[pc];
                if (instruction.Operation is RegexProgram.Operation.Match)
                {
                    found = _now.Captures.AsSpan(i * _slots, _slots).ToArray();
                    if (!longestMatters)
                    {
                        return found;
                    }

                    // Threads below this one have lower priority.
                    break;
                }

                if (c >= 0 && (instruction.Operation is RegexProgram.Operation.Character ? instruction.A == c
                    : instruction.Set!.Contains(c)))
                {
                    _now.Captures.AsSpan(i * _slots, _slots).CopyTo(_captures);
                    Add(_next, pc + 1, at + width, _captures);
                }
            }

            (_now, _next) = (_next, _now);
            if (c < 0)
            {
                return found;
            }

            at += width;
        }
    }

    // The only thread reads on while nothing but characters is wanted, which is most of the way through most patterns.
    private bool Run(ref int at, out bool failed)
    {
        failed = false;
        var (first, pc, start) = (_now.Dense[0], _now.Dense[0], at);
        for (; ; pc++)
        {
            ref readonly var instruction = ref _program.Code[pc];
            if (instruction.Operation is not (RegexProgram.Operation.Character or RegexProgram.Operation.Set))
            {
                break;
            }

            var (c, width) = Read(at);
            if (c < 0 || (instruction.Operation is RegexProgram.Operation.Character ? instruction.A != c : !instruction.Set!.Contains(c)))
            {
                failed = true;
                return true;
            }

            at += width;
        }

        if (pc == first)
        {
            return false;
        }

        _step(1 + ((at - start) / 8));
        _now.Captures.AsSpan(0, _slots).CopyTo(_captures);
        _now.Count = 0;
        _now.Generation++;
        Add(_now, pc, at, _captures);
        return true;
    }

    private (int Character, int Width) Read(int at)
    {
        if (at >= _text.Length)
        {
            return (-1, 0);
        }

        var c = _text[at];
        return char.IsHighSurrogate(c) && at + 1 < _text.Length ? (char.ConvertToUtf32(c, _text[at + 1]), 2) : (c, 1);
    }

    // Adds a thread and all that it leads to without reading a character, in order of priority.
    private void Add(Threads list, int start, int at, int[] captures)
    {
        var depth = 0;
        _stack[depth++] = start;
        while (depth > 0)
        {
            var pc = _stack[--depth];
            if (pc < 0)
            {
                // What a save has set is undone after everything behind it was added.
                var slot = ~pc;
                captures[slot] = _stack[--depth];
                continue;
            }

            while (list.TryVisit(pc))
            {
                ref readonly var instruction = ref _program.Code[pc];
                if (instruction.Operation is RegexProgram.Operation.Jump)
                {
                    pc = instruction.A;
                }
                else if (instruction.Operation is RegexProgram.Operation.Split)
                {
                    _stack[depth++] = instruction.B;
                    pc = instruction.A;
                }
                else if (instruction.Operation is RegexProgram.Operation.Save)
                {
                    if (instruction.A < _slots)
                    {
                        _stack[depth++] = captures[instruction.A];
                        _stack[depth++] = ~instruction.A;
                        captures[instruction.A] = at;
                    }

                    pc++;
                }
                else if (instruction.Operation is RegexProgram.Operation.Assert)
                {
                    if (!Holds((RegexAssertion)instruction.A, at))
                    {
                        break;
                    }

                    pc++;
                }
                else
                {
                    list.Push(pc, captures, _slots);
                    break;
                }
            }
        }
    }

    private bool Holds(RegexAssertion assertion, int at) => assertion switch
    {
        RegexAssertion.TextStart => at == 0,
        RegexAssertion.TextEnd => at == _text.Length,
        RegexAssertion.LineStart => at == 0 || _text[at - 1] == '\n',
        RegexAssertion.LineEnd => at == _text.Length || _text[at] == '\n',
        RegexAssertion.WordBoundary => IsWord(at - 1) != IsWord(at),
        _ => IsWord(at - 1) == IsWord(at),
    };

    private bool IsWord(int at) => at >= 0 && at < _text.Length && (char.IsAsciiLetterOrDigit(_text[at]) || _text[at] == '_');

    /// <summary>Threads in order of priority, each instruction at most once.</summary>
    private sealed class Threads(int size, int room)
    {
        private readonly int[] _visited = new int[size];

        public int Size => size;

        public int Room => room;

        public int[] Dense { get; } = new int[size];

        public int[] Captures { get; } = new int[room];

        public int Count { get; set; }

        public int Generation { get; set; } = 1;

        public bool TryVisit(int pc)
        {
            if (_visited[pc] == Generation)
            {
                return false;
            }

            _visited[pc] = Generation;
            return true;
        }

        public void Push(int pc, int[] captures, int slots)
        {
            captures.AsSpan(0, slots).CopyTo(Captures.AsSpan(Count * slots));
            Dense[Count++] = pc;
        }
    }
}
