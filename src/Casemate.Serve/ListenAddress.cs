using System.Globalization;
using System.Net;

namespace Casemate.Serve;

/// <summary>Where a service listens: <c>HOST:PORT</c>.</summary>
/// <param name="Host">The host as written: an address, <c>localhost</c>, or <c>*</c> for every address of the machine.</param>
/// <param name="Address">The address to bind.</param>
/// <param name="Port">The port; 0 lets the system choose.</param>
public sealed record ListenAddress(string Host, IPAddress Address, int Port)
{
    /// <summary>True when only programs on the same machine can connect.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>Reads an address.</summary>
    /// <param name="text">Such as <c>127.0.0.1:8080</c>, <c>[::1]:8080</c>, <c>localhost:0</c> or <c>*:8443</c>.</param>
    /// <returns>The address; null when the text is none.</returns>
    public static ListenAddress? TryParse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port > IPEndPoint.MaxPort)
        {
            return null;
        }

        var host = text[..colon];
        IPAddress? address;
        switch (host)
        {
            case "localhost":
                address = IPAddress.Loopback;
                break;
            case "*":
                address = IPAddress.IPv6Any;
                break;
            default:
                var isBracketed = host.StartsWith('[') && host.EndsWith(']');
                if (!IPAddress.TryParse(isBracketed ? host[1..^1] : host, out address)
                    || (address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6) != isBracketed)
                {
                    return null;
                }

                break;
        }

        return new ListenAddress(host, address, port);
    }
}
