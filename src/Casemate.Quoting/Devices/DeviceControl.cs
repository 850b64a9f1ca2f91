using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Devices;

/// <summary>Requests to the drivers of the running kernel.</summary>
internal sealed partial class DeviceControl : IDeviceControl
{
    public static DeviceControl Instance { get; } = new();

    /// <inheritdoc/>
    public int Open(string path, out SafeFileHandle device) => Descriptor.Open(path, DescriptorAccess.ReadWrite, out device);

    /// <inheritdoc/>
    public int Control(SafeFileHandle device, uint request, Span<byte> argument) =>
        InputOutputControl(device, request, argument) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int InputOutputControl(SafeFileHandle device, nuint request, Span<byte> argument);
}
