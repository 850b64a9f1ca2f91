using System.Diagnostics.CodeAnalysis;
using Casemate.Measurement.Enclave;
using Casemate.Quoting.Devices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Sgx;

/// <summary>What a kernel offers for enclaves; replaced in tests by one that acts as driver and processor.</summary>
internal interface ISgxKernel : IDeviceControl
{
    /// <summary>Finds the function that enters enclaves.</summary>
    /// <param name="function">Its address.</param>
    /// <param name="problem">Why there is none, a clause; null after success.</param>
    bool TryFindEntry(out nuint function, [NotNullWhen(false)] out string? problem);

    /// <summary>Reserves addresses that nothing can use.</summary>
    /// <returns>0, or the error number.</returns>
    int Reserve(nuint length, out nuint address);

    /// <summary>Maps pages of an enclave, in place of reserved addresses.</summary>
    /// <param name="device">The enclave's open device.</param>
    /// <param name="address">Where they are in its range.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="rights">What may be done there; flags that are no rights count for nothing.</param>
    /// <returns>0, or the error number.</returns>
    int Map(SafeFileHandle device, nuint address, nuint length, SecInfoFlags rights);

    /// <summary>Gives addresses back, with what is mapped there.</summary>
    void Release(nuint address, nuint length);

    /// <summary>Enters an enclave.</summary>
    /// <param name="function">From <see cref="TryFindEntry"/>.</param>
    /// <param name="rdi">What the enclave finds in RDI.</param>
    /// <param name="rsi">What it finds in RSI.</param>
    /// <param name="run">An <see cref="EnclaveRun"/>.</param>
    /// <returns>0 when the enclave was entered or an exception is in <paramref name="run"/>, or a negative error number.</returns>
    int Enter(nuint function, nuint rdi, nuint rsi, Span<byte> run);
}
