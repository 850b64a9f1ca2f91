using Casemate.Fuzz;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>A short run of every AESM fuzz target with a fixed seed; tests/Casemate.Fuzz runs them longer.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. AesmTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void KeepsItsProperties_ForTwentyThousandInputs(string name)
    {
        var (accepted, refused) = Fuzzer.Run(AesmTargets.All.Single(t => t.Name == name), count: 20_000, seed: 1);
        Assert.True(accepted > 200 && refused > 200, $"{accepted} accepted, {refused} refused: the run is one-sided");
    }
}
