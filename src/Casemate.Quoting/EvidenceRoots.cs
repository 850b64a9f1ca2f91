using Casemate.Quoting.Devices;
using Casemate.Quoting.Sgx;
using Casemate.Quoting.Tsm;

namespace Casemate.Quoting;

/// <summary>Where a machine has what evidence comes from; others than the defaults in tests and in containers.</summary>
public sealed record EvidenceRoots
{
    /// <summary>How reports are asked for through configfs.</summary>
    public TsmReportOptions Tsm { get; init; } = new();

    /// <summary>The device of an SEV-SNP guest.</summary>
    public string SnpDevice { get; init; } = SnpGuestDeviceProvider.DefaultPath;

    /// <summary>The device of a TD.</summary>
    public string TdxDevice { get; init; } = TdxGuestDeviceProvider.DefaultPath;

    /// <summary>The service that makes quotes of what <see cref="TdxDevice"/> reports.</summary>
    public QuoteGenerationEndpoint QuoteGeneration { get; init; } = QuoteGenerationEndpoint.Host;

    /// <summary>The device that enclaves are made with.</summary>
    public string SgxDevice { get; init; } = ReportEnclaveLoader.DefaultPath;

    /// <summary>The socket of the service that quotes enclaves.</summary>
    public string AesmSocket { get; init; } = "/var/run/aesmd/aesm.socket";
}
