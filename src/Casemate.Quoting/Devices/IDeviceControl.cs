using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Devices;

/// <summary>Requests to a device driver; replaced in tests by one that acts as the driver.</summary>
internal interface IDeviceControl
{
    /// <summary>Opens a device for reading and writing.</summary>
    /// <returns>0, or the error number.</returns>
    int Open(string path, out SafeFileHandle device);

    /// <summary>One ioctl(2).</summary>
    /// <param name="device">The device.</param>
    /// <param name="request">The number of the request.</param>
    /// <param name="argument">The structure that the request is about; addresses in it point to memory that stays where it is.</param>
    /// <returns>0, or the error number.</returns>
    int Control(SafeFileHandle device, uint request, Span<byte> argument);
}
