namespace Casemate.Attestation;

/// <summary>
/// How current the trusted computing base of an Intel platform is, in the words of Intel's collateral.
/// Source: Intel PCS API v4, "Get TCB Info"; the two relaunch statuses: Intel QVL <c>TDRelaunchCheck</c>.
/// </summary>
/// <remarks>The member names are the words of the collateral, exactly. <see cref="NotSupported"/> is zero: the default refuses.</remarks>
public enum TcbStatus
{
    /// <summary>No TCB level of the collateral matches the platform. Never acceptable.</summary>
    NotSupported = 0,

    /// <summary>A component was revoked. Never acceptable.</summary>
    Revoked,

    /// <summary>Updates are missing and the configuration needs work as well.</summary>
    OutOfDateConfigurationNeeded,

    /// <summary>Firmware, microcode, the quoting enclave or the TDX module lack security updates.</summary>
    OutOfDate,

    /// <summary>The platform is current but the TD was launched on an older one; configuration needs work as well.</summary>
    TDRelaunchAdvisedConfigurationNeeded,

    /// <summary>The platform is current but the TD was launched on an older one: relaunch it.</summary>
    TDRelaunchAdvised,

    /// <summary>Current, but both the configuration and the workload's software need hardening.</summary>
    ConfigurationAndSWHardeningNeeded,

    /// <summary>Current, but the platform's configuration (BIOS settings) may expose it.</summary>
    ConfigurationNeeded,

    /// <summary>Current, but the workload's software must carry mitigations.</summary>
    SWHardeningNeeded,

    /// <summary>Nothing to do.</summary>
    UpToDate,
}
