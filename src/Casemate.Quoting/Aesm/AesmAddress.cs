using System.Net.Sockets;
using System.Text;

namespace Casemate.Quoting.Aesm;

/// <summary>Addresses of AESM sockets.</summary>
internal static class AesmAddress
{
    private const int SunPathSize = 108;

    /// <summary>
    /// The address of an abstract socket. An abstract name is all bytes of the address, and Gramine connects with the whole structure:
    /// the name's NULs up to its end are part of it.
    /// </summary>
    /// <exception cref="AesmEndpointException">The name is too long.</exception>
    public static UnixDomainSocketEndPoint Abstract(string name)
    {
        var size = Encoding.UTF8.GetByteCount(name);
        return size is > 0 and < SunPathSize
            ? new UnixDomainSocketEndPoint('\0' + name + new string('\0', SunPathSize - 1 - size))
            : throw new AesmEndpointException(
                $"An abstract socket's name has 1 to {SunPathSize - 1} bytes, not {size}.", "Use a shorter name.");
    }
}
