using Casemate.Rego.Compiling;

namespace Casemate.Rego.Evaluation;

/// <summary>Collects events and, for explanations, how far each body came.</summary>
internal sealed class Tracer(bool collectEvents, RegoCoverage? coverage = null)
{
    // Beyond this many the rest is not recorded.
    private const int MostRecords = 100_000;

    private readonly Stack<Visit> _visits = new();
    private readonly Stack<Body> _bodies = new();
    private readonly Dictionary<RuleGroup, RegoExplanation> _known = [];
    private readonly List<RegoExplanation> _roots = [];
    private int _records;

    public List<RegoTraceEvent> Events { get; } = [];

    /// <summary>Explanations of what the query itself asked for.</summary>
    public IReadOnlyList<RegoExplanation> Roots => _roots;

    public void Enter(RuleGroup group, RegoValue[]? arguments)
    {
        var explanation = new RegoExplanation(group.Path, arguments ?? []);
        Attach(explanation);
        if (arguments is null)
        {
            _known[group] = explanation;
        }

        _visits.Push(new Visit(explanation, []));
        Event(RegoTraceKind.Enter, At(group), group.Path);
    }

    public void Exit(RuleGroup group, RegoValue? value)
    {
        Event(value is null ? RegoTraceKind.Fail : RegoTraceKind.Exit, At(group), group.Path);
        var visit = _visits.Pop();
        visit.Explanation.Value = value;
        visit.Explanation.Attempts =
            [.. visit.Attempts.OrderByDescending(a => a.FailedLiteral is null)
                .ThenByDescending(a => (double)a.Satisfied / Math.Max(1, a.Total)).Take(16)];
    }

    /// <summary>A rule whose value was remembered is asked for again.</summary>
    public void Again(RuleGroup group)
    {
        if (_known.TryGetValue(group, out var explanation))
        {
            Attach(explanation);
        }
    }

    public void EnterBody(RulePlan plan) => _bodies.Push(new Body(plan));

    public void ExitBody(bool succeeded)
    {
        var body = _bodies.Pop();
        if (_visits.Count == 0 || ++_records > MostRecords)
        {
            return;
        }

        var total = body.Plan.Literals.Count;
        if (succeeded || total == 0)
        {
            _visits.Peek().Attempts.Add(new RegoAttempt(body.Plan.At, null, total, total, [], []));
            return;
        }

        var furthest = Math.Max(0, body.Furthest);
        var literal = body.Plan.Literals[furthest];
        RegoExplanation[] causes =
        [
            .. body.Asked.Where(asked => asked.Literal == furthest && asked.Explanation.Value is null or RegoBoolean { Value: false })
                .Select(asked => asked.Explanation).Distinct().Take(8),
        ];
        _visits.Peek().Attempts.Add(new RegoAttempt(literal.At, literal.Text, furthest, total, body.Values, causes));
    }

    public void Reached(int index, Machine machine, Frame frame)
    {
        if (_bodies.Count == 0)
        {
            return;
        }

        var body = _bodies.Peek();
        coverage?.Reach(body.Plan.Literals[index].At);
        var again = index <= body.Current;
        body.Current = index;
        if (index <= body.Furthest && !collectEvents)
        {
            return;
        }

        var literal = body.Plan.Literals[index];
        if (index > body.Furthest)
        {
            body.Furthest = index;
            body.Values = Values(body.Plan, literal, machine, frame);
            // What was asked while facts were looked up is not what the literal asks.
            body.Asked.RemoveAll(asked => asked.Literal == index);
        }

        if (collectEvents)
        {
            Event(again ? RegoTraceKind.Redo : RegoTraceKind.Evaluate, literal.At, literal.Text, Bindings(body.Plan, literal, frame));
        }
    }

    public void Note(RegoLocation at, string text) => Event(RegoTraceKind.Note, at, text);

    private void Attach(RegoExplanation explanation)
    {
        if (_bodies.Count == 0)
        {
            _roots.Add(explanation);
            return;
        }

        var body = _bodies.Peek();
        if (body.Asked.Count < 256)
        {
            body.Asked.Add((body.Current, explanation));
        }
    }

    private static List<KeyValuePair<string, RegoValue?>> Values(RulePlan plan, LiteralTrace literal, Machine machine, Frame frame)
    {
        var values = new List<KeyValuePair<string, RegoValue?>>();
        foreach (var slot in literal.Slots)
        {
            values.Add(new KeyValuePair<string, RegoValue?>(plan.SlotNames[slot], frame.Slots[slot]));
        }

        foreach (var (text, value) in literal.Facts)
        {
            values.Add(new KeyValuePair<string, RegoValue?>(text, value.Evaluate(machine, frame)));
        }

        return values;
    }

    private static List<KeyValuePair<string, RegoValue>> Bindings(RulePlan plan, LiteralTrace literal, Frame frame) =>
        [.. literal.Slots.Where(slot => frame.Slots[slot] is not null)
            .Select(slot => KeyValuePair.Create(plan.SlotNames[slot], frame.Slots[slot]!))];

    private void Event(RegoTraceKind kind, RegoLocation at, string text, IReadOnlyList<KeyValuePair<string, RegoValue>>? bindings = null)
    {
        if (collectEvents && Events.Count < MostRecords)
        {
            Events.Add(new RegoTraceEvent(kind, _visits.Count, at, text, bindings ?? []));
        }
    }

    private static RegoLocation At(RuleGroup group) =>
        group.Rules.Length > 0 ? group.Rules[0].At : group.Default?.At ?? new RegoLocation(group.Path, 1, 1);

    private sealed record Visit(RegoExplanation Explanation, List<RegoAttempt> Attempts);

    private sealed class Body(RulePlan plan)
    {
        public RulePlan Plan { get; } = plan;

        public int Current { get; set; } = -1;

        public int Furthest { get; set; } = -1;

        public IReadOnlyList<KeyValuePair<string, RegoValue?>> Values { get; set; } = [];

        public List<(int Literal, RegoExplanation Explanation)> Asked { get; } = [];
    }
}
