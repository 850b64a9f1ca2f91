namespace Casemate.Quoting.Tsm;

/// <summary>How reports are asked for through configfs.</summary>
public sealed record TsmReportOptions
{
    /// <summary>Where the kernel has the directory when configfs is mounted at its usual place.</summary>
    public const string DefaultRoot = "/sys/kernel/config/tsm/report";

    /// <summary>The directory of reports. Default: <see cref="DefaultRoot"/>.</summary>
    public string Root { get; init; } = DefaultRoot;

    /// <summary>SNP: the VMPL that the report is to name, 0 to 3; null: the one that the guest runs at.</summary>
    public int? PrivilegeLevel { get; init; }

    /// <summary>Asks a service beside the guest's own module, such as <c>svsm</c>, for report and manifest; null: no service.</summary>
    public string? ServiceProvider { get; init; }

    /// <summary>With <see cref="ServiceProvider"/>: the one service whose manifest is wanted; null: all of them.</summary>
    public Guid? ServiceGuid { get; init; }

    /// <summary>With <see cref="ServiceGuid"/>: the version of the manifest; null: the newest that the service has.</summary>
    public uint? ServiceManifestVersion { get; init; }

    /// <summary>How often a request is tried, the first time included. Default: 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long to wait before the second try; doubles with each further one. Default: 250 ms, so 3.75 s in all.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The clock of that wait. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
