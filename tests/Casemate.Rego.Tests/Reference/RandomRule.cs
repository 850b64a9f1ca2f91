namespace Casemate.Rego.Tests.Reference;

/// <summary>A rule; <see cref="Otherwise"/> is the body after <c>else</c> of a rule with one value.</summary>
internal sealed record RandomRule(string Name, RandomRuleKind Kind, string Head, List<RandomLiteral> Literals, List<RandomLiteral> Otherwise)
{
    public static List<string> Variables(List<RandomLiteral> body) => [.. body.SelectMany(literal => literal.Variables).Distinct()];

    public string Text(int rotation) => Kind switch
    {
        RandomRuleKind.Set => $"{Name} contains {Head} if {Body(Literals, rotation)}",
        RandomRuleKind.Object => $"{Name}[{Head}] := [{Head}] if {Body(Literals, rotation)}",
        _ => $"{Name} := 1 if {Body(Literals, rotation)} else := 2 if {Body(Otherwise, rotation)} else := false",
    };

    private static string Body(List<RandomLiteral> body, int rotation) =>
        "{\n" + string.Concat(Enumerable.Range(0, body.Count).Select(i => $"    {body[(i + rotation) % body.Count].Text}\n")) + "}";
}
