using Casemate.Fuzz;

namespace Casemate.Measurement.Tests.Tdx;

/// <summary>Short runs of the fuzz targets; longer ones are run by hand.</summary>
public sealed class TdxFuzzTests
{
    public static TheoryData<string> Targets => [.. TdxTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void MutatedInput_IsRefusedOrRead_AndNothingElseHappens(string name) =>
        Fuzzer.Run(TdxTargets.All.Single(target => target.Name == name), 3_000, 13);
}
