using Casemate.Fuzz;

namespace Casemate.Measurement.Tests.Verity;

/// <summary>Short runs of the fuzz targets; longer ones are run by hand.</summary>
public sealed class VerityFuzzTests
{
    public static TheoryData<string> Targets => [.. VerityTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void MutatedInput_IsRefusedOrRead_AndNothingElseHappens(string name) =>
        Fuzzer.Run(VerityTargets.All.Single(target => target.Name == name), 2_000, 11);
}
