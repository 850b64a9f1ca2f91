using Casemate.Attestation;
using Casemate.Broker;
using Casemate.Simulator;

namespace Casemate.Cli.Run;

/// <summary>What the simulated surroundings of a workload are made of.</summary>
internal sealed record SimulatedServicesOptions
{
    /// <summary>The kind of evidence.</summary>
    public required Tee Tee { get; init; }

    /// <summary>What the evidence says of the workload.</summary>
    public required CommandMeasurement Measurement { get; init; }

    /// <summary>HOST_DATA or MRCONFIGID of the evidence; null: zeros.</summary>
    public byte[]? HostData { get; init; }

    /// <summary>The policy that the broker applies.</summary>
    public required AppraisalPolicy Policy { get; init; }

    /// <summary>The directory of the simulated platform.</summary>
    public required string Directory { get; init; }

    /// <summary>Where the broker listens; loopback. Default: any free port.</summary>
    public string Listen { get; init; } = "127.0.0.1:0";

    /// <summary>Port of the guest API; null: the usual one, or any free one if that is taken.</summary>
    public int? GuestPort { get; init; }

    /// <summary>File for the newest evidence; null: none.</summary>
    public string? EvidenceOut { get; init; }
}
