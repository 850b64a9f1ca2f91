namespace Casemate.Quoting.Devices;

/// <summary>What a descriptor is opened for; the values are the kernel's flags, which these have alike on every architecture.</summary>
internal enum DescriptorAccess
{
    /// <summary>O_RDONLY.</summary>
    Read = 0,

    /// <summary>O_WRONLY.</summary>
    Write = 1,

    /// <summary>O_RDWR.</summary>
    ReadWrite = 2,
}
