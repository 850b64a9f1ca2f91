using Casemate.Fuzz;

namespace Casemate.Measurement.Tests.Elf;

/// <summary>A short run of the fuzz target; longer ones are run by hand.</summary>
public sealed class ElfFuzzTests
{
    [Fact]
    public void MutatedFiles_AreRefusedOrRead_AndNothingElseHappens() => Fuzzer.Run(Assert.Single(ElfTargets.All), 20_000, 7);
}
