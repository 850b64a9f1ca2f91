namespace Casemate.Rego.Tests.Reference;

/// <summary>A rule that makes a set.</summary>
internal sealed record RandomRule(string Name, string Head, List<RandomLiteral> Literals)
{
    public List<string> Variables => [.. Literals.SelectMany(literal => literal.Variables).Append(Head).Distinct()];

    public string Text(int rotation) =>
        $"{Name} contains {Head} if {{\n{string.Join("\n", Enumerable.Range(0, Literals.Count).Select(i => "    " + Literals[(i + rotation) % Literals.Count].Text))}\n}}";
}
