namespace Casemate.Rego.Tests.Reference;

/// <summary>
/// A small random policy and what it means, found in the dullest way: every assignment of values to variables is tried, and each literal
/// is a predicate over one assignment. Nothing of the engine's order, binding or indexing is shared.
/// </summary>
internal sealed class RandomPolicy
{
    private static readonly string[] s_variables = ["x", "y", "z"];
    private readonly Random _random;
    private readonly RegoObject _input;
    private readonly RegoValue[] _universe;
    private readonly List<RandomRule> _rules = [];
    private readonly Dictionary<(RegoObject Input, int Rules), IReadOnlyList<RegoValue?>> _meanings = [];
    private readonly RegoValue _bound;
    private readonly string _field;

    public RandomPolicy(int seed)
    {
        _random = new Random(seed);
        _input = RandomInput();
        (_bound, _field) = (RandomScalar(), "mno"[_random.Next(3)].ToString());
        var values = new HashSet<RegoValue>();
        Collect(_input, values);
        values.UnionWith(Enumerable.Range(0, 4).Select(i => (RegoValue)RegoValue.From(i)));
        values.UnionWith([RegoValue.False, RegoValue.From("a"), RegoValue.From("b")]);
        _universe = [.. values.Order()];
        for (var i = 0; i < 3; i++)
        {
            _rules.Add(NewRule(i));
        }
    }

    public RegoValue Input => _input;

    /// <summary>The text, with the literals of each body rotated.</summary>
    public string Text(int rotation) => $$"""
        package test
        f(v) := v + 1 if v < {{_bound}} else := "a" if v in input.{{_field}} else := 3 if v != 2
        {{string.Join("\n", _rules.Select(rule => rule.Text(rotation)))}}
        """;

    /// <summary>The value of each rule, in order; null is undefined.</summary>
    public IReadOnlyList<RegoValue?> Meaning() => Meaning(_input, _rules.Count);

    private IReadOnlyList<RegoValue?> Meaning(RegoObject input, int count)
    {
        if (_meanings.TryGetValue((input, count), out var known))
        {
            return known;
        }

        var values = new List<RegoValue?>();
        var world = new RandomWorld(input, values);
        foreach (var rule in _rules.Take(count))
        {
            var found = new HashSet<RegoValue>(Solutions(rule.Literals, rule.Head, world));
            values.Add(rule.Kind switch
            {
                RandomRuleKind.Set => RegoSet.Create(found),
                RandomRuleKind.Object => RegoObject.Create(
                    found.Select(key => KeyValuePair.Create(key, (RegoValue)RegoArray.Create([key])))),
                _ => found.Count > 0 ? RegoValue.From(1)
                    : Solutions(rule.Otherwise, rule.Head, world).Any() ? RegoValue.From(2) : RegoValue.False,
            });
        }

        return _meanings[(input, count)] = values;
    }

    // Each value of the head for which an assignment makes every literal hold.
    private IEnumerable<RegoValue> Solutions(List<RandomLiteral> body, string head, RandomWorld world)
    {
        var used = RandomRule.Variables(body);
        var assignment = new Dictionary<string, RegoValue>();
        return Try(0);

        IEnumerable<RegoValue> Try(int i)
        {
            if (i == used.Count)
            {
                return body.All(literal => literal.Holds(assignment, world)) ? [assignment[head]] : [];
            }

            return _universe.SelectMany(value =>
            {
                assignment[used[i]] = value;
                return Try(i + 1);
            });
        }
    }

    private RandomRule NewRule(int index)
    {
        var kind = (RandomRuleKind)_random.Next(3);
        var head = s_variables[_random.Next(2)];
        return new RandomRule($"r{index}", kind, head, NewBody(index), kind is RandomRuleKind.Complete ? NewBody(index) : []);
    }

    // Two literals bind all three variables, so that every one of them belongs to the body and to no comprehension in it.
    private List<RandomLiteral> NewBody(int index) =>
    [
        Binding("x", "y"), Binding("z", s_variables[_random.Next(3)]),
        .. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => _random.Next(4) == 0 ? Replaced(NewLiteral(index), index) : NewLiteral(index)),
    ];

    private RandomLiteral Binding(string key, string value)
    {
        var field = "mno"[_random.Next(3)].ToString();
        return new RandomLiteral(
            $"input.{field}[{key}] = {value}", [key, value], (v, w) => w.Input[field]!.Lookup(v[key]) is { } found && found.Equals(v[value]));
    }

    // The same literal under another input; the rules before mean something else there.
    private RandomLiteral Replaced(RandomLiteral literal, int rules)
    {
        var field = "mno"[_random.Next(3)].ToString();
        var value = RegoArray.Create(Enumerable.Range(0, _random.Next(4)).Select(_ => RandomScalar()));
        return new RandomLiteral($"{literal.Text} with input.{field} as {value}", literal.Variables, (v, w) =>
        {
            var input = RegoObject.Create(w.Input.Select(member => member.Key.Equals(RegoValue.From(field))
                ? KeyValuePair.Create(member.Key, (RegoValue)value) : member));
            return literal.Holds(v, new RandomWorld(input, Meaning(input, rules)));
        });
    }

    private RandomLiteral NewLiteral(int rules)
    {
        var (a, b) = (s_variables[_random.Next(3)], s_variables[_random.Next(3)]);
        var field = "mno"[_random.Next(3)].ToString();
        var constant = _random.Next(3) == 0 ? RegoValue.From("a") : (RegoValue)RegoValue.From(_random.Next(4));
        return _random.Next(rules == 0 ? 14 : 20) switch
        {
            0 => new RandomLiteral($"{a} = {constant}", [a], (v, _) => v[a].Equals(constant)),
            1 => new RandomLiteral($"{b} = input.{field}[{a}]", [a, b], (v, w) =>
                w.Input[field]!.Lookup(v[a]) is { } found && found.Equals(v[b])),
            2 => new RandomLiteral($"input.{field}[{a}]", [a], (v, w) =>
                w.Input[field]!.Lookup(v[a]) is { } found && found != RegoValue.False),
            3 => new RandomLiteral($"{a} != {b}", [a, b], (v, _) => !v[a].Equals(v[b])),
            4 => new RandomLiteral($"{a} < {constant}", [a], (v, _) => v[a].CompareTo(constant) < 0),
            5 => new RandomLiteral($"{b} = {a} + 1", [a, b], (v, _) =>
                v[a] is RegoNumber n && v[b].Equals(Arithmetic.Add(n, RegoNumber.Create(1))!)),
            6 => new RandomLiteral($"not {a} in input.{field}", [a], (v, w) => !Members(w.Input[field]!).Contains(v[a])),
            7 => new RandomLiteral(
                $"{b} = count({{k | input.{field}[k] = {a}}})", [a, b],
                (v, w) => v[b].Equals(RegoValue.From(Pairs(w.Input[field]!).Count(pair => pair.Value.Equals(v[a]))))),
            8 => new RandomLiteral(
                $"every e in input.{field} {{ e != {a} }}", [a], (v, w) => !Members(w.Input[field]!).Contains(v[a])),
            9 => new RandomLiteral(
                $"every k, e in input.{field} {{ [k, e] != [{a}, {b}] }}", [a, b],
                (v, w) => !Pairs(w.Input[field]!).Contains((v[a], v[b]))),
            10 => new RandomLiteral(
                $"{b} = count([e | some e in input.{field}; e < {a}])", [a, b],
                (v, w) => v[b].Equals(RegoValue.From(Members(w.Input[field]!).Count(e => e.CompareTo(v[a]) < 0)))),
            11 => new RandomLiteral(
                $"{b} in {{k: e | some k, e in input.{field}; e != {a}}}", [a, b],
                (v, w) => Members(w.Input[field]!).Any(e => !e.Equals(v[a]) && e.Equals(v[b]))),
            12 => new RandomLiteral($"f({a}) = {b}", [a, b], (v, w) => Function(v[a], w) is { } found && found.Equals(v[b])),
            13 => new RandomLiteral($"not f({a}) = {b}", [a, b], (v, w) => Function(v[a], w) is not { } found || !found.Equals(v[b])),
            _ => RuleLiteral(_random.Next(rules), a, b),
        };
    }

    private RandomLiteral RuleLiteral(int rule, string a, string b)
    {
        var (name, kind, form) = ($"r{rule}", _rules[rule].Kind, _random.Next(3));
        if (kind is RandomRuleKind.Complete)
        {
            return form == 0
                ? new RandomLiteral($"not {name}", [], (_, w) => w.Rules[rule]!.Equals(RegoValue.False))
                : new RandomLiteral($"{name} = {a}", [a], (v, w) => w.Rules[rule]!.Equals(v[a]));
        }

        // A member of a set stands for itself, so that false does not hold; a member of an object is an array.
        bool Holds(RegoValue key, RandomWorld w) => w.Rules[rule]!.Lookup(key) is { } found && found != RegoValue.False;
        return form switch
        {
            0 => new RandomLiteral($"{name}[{a}]", [a], (v, w) => Holds(v[a], w)),
            1 => new RandomLiteral($"not {name}[{a}]", [a], (v, w) => !Holds(v[a], w)),
            _ => new RandomLiteral($"[{a}, {b}] = [count({name}), {b}]", [a, b], (v, w) =>
                v[a].Equals(RegoValue.From(Members(w.Rules[rule]!).Count()))),
        };
    }

    private RegoValue? Function(RegoValue v, RandomWorld world)
    {
        if (v.CompareTo(_bound) < 0 && v is RegoNumber number)
        {
            return Arithmetic.Add(number, RegoNumber.Create(1));
        }

        return Members(world.Input[_field]!).Contains(v) ? RegoValue.From("a")
            : !v.Equals(RegoValue.From(2)) ? RegoValue.From(3) : null;
    }

    private RegoObject RandomInput() =>
        RegoObject.Create("mno".Select(name => KeyValuePair.Create((RegoValue)RegoValue.From(name.ToString()), RandomCollection())));

    private RegoValue RandomCollection()
    {
        var values = Enumerable.Range(0, _random.Next(2, 5)).Select(_ => RandomScalar()).ToList();
        return _random.Next(3) switch
        {
            0 => RegoArray.Create(values),
            1 => RegoObject.Create(values.Select((value, i) =>
                KeyValuePair.Create((RegoValue)RegoValue.From("abcde"[i].ToString()), value))),
            _ => RegoSet.Create(values),
        };
    }

    private RegoValue RandomScalar() => _random.Next(6) switch
    {
        0 => RegoValue.From("a"),
        1 => RegoValue.From("b"),
        2 => RegoValue.False,
        _ => RegoValue.From(_random.Next(4)),
    };

    private static void Collect(RegoValue value, HashSet<RegoValue> into)
    {
        foreach (var (key, member) in Pairs(value))
        {
            into.Add(key);
            into.Add(member);
            Collect(member, into);
        }
    }

    private static IEnumerable<RegoValue> Members(RegoValue value) => Pairs(value).Select(pair => pair.Value);

    private static IEnumerable<(RegoValue Key, RegoValue Value)> Pairs(RegoValue value) => value switch
    {
        RegoArray array => array.Select((item, i) => ((RegoValue)RegoValue.From(i), item)),
        RegoObject members => members.Select(member => (member.Key, member.Value)),
        RegoSet set => set.Select(member => (member, member)),
        _ => [],
    };
}
