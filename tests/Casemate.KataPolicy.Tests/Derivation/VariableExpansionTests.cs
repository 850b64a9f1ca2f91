using Casemate.KataPolicy.Derivation;
using FsCheck;
using FsCheck.Fluent;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>References to variables, as the kubelet expands them. Cases follow Kubernetes' documentation of dependent variables.</summary>
public sealed class VariableExpansionTests
{
    private static readonly Dictionary<string, string> s_values = new() { ["A"] = "1", ["B"] = "$$x", ["IP"] = "$(pod-ip)", ["E"] = "" };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$(A)", "1")]
    [InlineData("a$(A)b$(A)", "a1b1")]
    [InlineData("$(E)", "")]
    [InlineData("$(NONE)", "$$(NONE)")]
    [InlineData("$$(A)", "$$(A)")]
    [InlineData("$$$(A)", "$$1")]
    [InlineData("$$$$(A)", "$$$$(A)")]
    [InlineData("$A", "$$A")]
    [InlineData("$", "$$")]
    [InlineData("$(A", "$$(A")]
    [InlineData("$()", "$$()")]
    [InlineData("$(B)", "$$x")]
    [InlineData("$(IP)", "$(pod-ip)")]
    [InlineData("$($(A))", "$$($$(A))")]
    public void IsTheKubelets(string text, string expected) =>
        Assert.Equal(expected, VariableExpansion.Expand(text, s_values.GetValueOrDefault));

    [Fact]
    public void OfTextWithoutReferences_IsTheTextItself() =>
        Prop.ForAll(Texts(), text =>
        {
            var expanded = VariableExpansion.Expand(text, _ => null);
            Assert.DoesNotContain("$(", expanded.Replace("$$", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Equal(text.Replace("$$", "$", StringComparison.Ordinal), expanded.Replace("$$", "$", StringComparison.Ordinal));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20261121, 3));

    [Fact]
    public void KeepsOneValueForEachName_TheLast() =>
        Prop.ForAll(
            Gen.Choose(0, 5).SelectMany(
            name => Gen.Choose(0, 9).Select(value => (Name: $"N{name}", Value: $"{value}"))).ListOf().ToArbitrary(), writes =>
        {
            var variables = new Variables();
            foreach (var (name, value) in writes)
            {
                variables.Set(name, value);
            }

            Assert.Equal(writes.Select(write => write.Name).Distinct(), variables.Names);
            Assert.All(variables.Names, name => Assert.Equal(writes.Last(write => write.Name == name).Value, variables.Find(name)));
            Assert.Equal(variables.Names.Count, variables.Texts().Length);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261121, 5));

    private static Arbitrary<string> Texts() =>
        Gen.Elements('$', ')', 'A', 'x', ' ').ListOf().Select(list => string.Concat(list)).ToArbitrary();
}
