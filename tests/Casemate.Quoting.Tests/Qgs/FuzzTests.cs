using Casemate.Fuzz;

namespace Casemate.Quoting.Tests.Qgs;

public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. QgsTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void HoldsItsProperties_ForMutatedInput(string name)
    {
        var (accepted, refused) = Fuzzer.Run(QgsTargets.All.Single(t => t.Name == name), count: 20_000, seed: 1);
        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }
}
