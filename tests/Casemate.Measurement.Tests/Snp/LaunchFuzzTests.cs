using Casemate.Fuzz;

namespace Casemate.Measurement.Tests.Snp;

/// <summary>Short runs of the fuzz targets; longer ones are run by hand.</summary>
public sealed class LaunchFuzzTests
{
    public static TheoryData<string> Targets => [.. LaunchTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void MutatedInput_IsRefusedOrRead_AndNothingElseHappens(string name) =>
        Fuzzer.Run(LaunchTargets.All.Single(target => target.Name == name), 5_000, 11);
}
