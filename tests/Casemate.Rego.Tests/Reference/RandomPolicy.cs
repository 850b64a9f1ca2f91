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

    public RandomPolicy(int seed)
    {
        _random = new Random(seed);
        _input = RandomInput();
        var values = new HashSet<RegoValue>();
        Collect(_input, values);
        values.UnionWith(Enumerable.Range(-1, 8).Select(i => (RegoValue)RegoValue.From(i)));
        values.UnionWith([RegoValue.False, RegoValue.True, RegoValue.From("a"), RegoValue.From("b")]);
        _universe = [.. values.Order()];
        for (var i = 0; i < 3; i++)
        {
            _rules.Add(NewRule(i));
        }
    }

    public RegoValue Input => _input;

    /// <summary>The text, with the literals of each body rotated.</summary>
    public string Text(int rotation) => "package test\n" + string.Join("\n", _rules.Select(rule => rule.Text(rotation)));

    /// <summary>The set of each rule, in order.</summary>
    public List<RegoSet> Meaning()
    {
        var sets = new List<RegoSet>();
        foreach (var rule in _rules)
        {
            var members = new HashSet<RegoValue>();
            var used = rule.Variables;
            var assignment = new Dictionary<string, RegoValue>();
            Try(0);
            sets.Add(RegoSet.Create(members));

            void Try(int i)
            {
                if (i < used.Count)
                {
                    foreach (var value in _universe)
                    {
                        assignment[used[i]] = value;
                        Try(i + 1);
                    }
                }
                else if (rule.Literals.All(literal => literal.Holds(assignment, sets)))
                {
                    members.Add(assignment[rule.Head]);
                }
            }
        }

        return sets;
    }

    private RandomRule NewRule(int index)
    {
        // Two literals bind all three variables, so that every one of them belongs to the body and to no comprehension in it.
        List<RandomLiteral> literals = [Binding("x", "y"), Binding("z", s_variables[_random.Next(3)])];
        literals.AddRange(Enumerable.Range(0, _random.Next(1, 4)).Select(_ => NewLiteral(index)));
        var head = s_variables[_random.Next(2)];
        return new RandomRule($"r{index}", head, literals);
    }

    private RandomLiteral Binding(string key, string value)
    {
        var field = "mno"[_random.Next(3)].ToString();
        var collection = _input[field]!;
        return new RandomLiteral(
            $"input.{field}[{key}] = {value}", [key, value], (v, _) => collection.Lookup(v[key]) is { } found && found.Equals(v[value]));
    }

    private RandomLiteral NewLiteral(int rules)
    {
        var (a, b) = (s_variables[_random.Next(3)], s_variables[_random.Next(3)]);
        var field = "mno"[_random.Next(3)].ToString();
        var collection = _input[field]!;
        var constant = _random.Next(3) == 0 ? RegoValue.From("a") : (RegoValue)RegoValue.From(_random.Next(4));
        var rule = _random.Next(Math.Max(1, rules));
        return _random.Next(rules == 0 ? 9 : 12) switch
        {
            0 => new RandomLiteral($"{a} = {constant}", [a], (v, _) => v[a].Equals(constant)),
            1 => new RandomLiteral($"{b} = input.{field}[{a}]", [a, b], (v, _) =>
                collection.Lookup(v[a]) is { } found && found.Equals(v[b])),
            2 => new RandomLiteral($"input.{field}[{a}]", [a], (v, _) => collection.Lookup(v[a]) is { } found && found != RegoValue.False),
            3 => new RandomLiteral($"{a} != {b}", [a, b], (v, _) => !v[a].Equals(v[b])),
            4 => new RandomLiteral($"{a} < {constant}", [a], (v, _) => v[a].CompareTo(constant) < 0),
            5 => new RandomLiteral($"{b} = {a} + 1", [a, b], (v, _) =>
                v[a] is RegoNumber n && v[b].Equals(Arithmetic.Add(n, RegoNumber.Create(1))!)),
            6 => new RandomLiteral($"not {a} in input.{field}", [a], (v, _) => !Members(collection).Contains(v[a])),
            7 => new RandomLiteral(
                $"{b} = count({{k | input.{field}[k] = {a}}})", [a, b],
                (v, _) => v[b].Equals(RegoValue.From(Pairs(collection).Count(pair => pair.Value.Equals(v[a]))))),
            8 => new RandomLiteral($"every e in input.{field} {{ e != {a} }}", [a], (v, _) => !Members(collection).Contains(v[a])),
            9 => new RandomLiteral($"r{rule}[{a}]", [a], (v, sets) => v[a] != RegoValue.False && sets[rule].Contains(v[a])),
            10 => new RandomLiteral($"not r{rule}[{a}]", [a], (v, sets) => v[a] == RegoValue.False || !sets[rule].Contains(v[a])),
            _ => new RandomLiteral($"[{a}, {b}] = [count(r{rule}), {constant}]", [a, b], (v, sets) =>
                v[a].Equals(RegoValue.From(sets[rule].Count)) && v[b].Equals(constant)),
        };
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
