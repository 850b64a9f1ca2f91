using Casemate.Fuzz;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>Short runs of the fuzz targets; longer ones are run by hand.</summary>
public sealed class EnclaveFuzzTests
{
    public static TheoryData<string> Targets => [.. EnclaveTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void MutatedInput_IsRefusedOrRead_AndNothingElseHappens(string name) =>
        Fuzzer.Run(EnclaveTargets.All.Single(target => target.Name == name), 3_000, 11);
}
