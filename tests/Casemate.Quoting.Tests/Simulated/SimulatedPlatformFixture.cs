using Casemate.Attestation.Snp;
using Casemate.Simulator;

namespace Casemate.Quoting.Tests.Simulated;

/// <summary>One platform for all tests of a class: its RSA keys take a second to make.</summary>
public sealed class SimulatedPlatformFixture
{
    public SimulatedPlatformFixture() => _ = Platform.Snp(SnpProduct.Genoa);

    public SimulatedPlatform Platform { get; } = SimulatedPlatform.Create(DateTimeOffset.UtcNow);

    public CommandMeasurement Measurement { get; } = SimulatedMeasurement.OfCommand(new byte[48], [new MeasuredArgument("hello")]);
}
