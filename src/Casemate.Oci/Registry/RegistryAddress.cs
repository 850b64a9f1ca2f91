using System.Net;

namespace Casemate.Oci.Registry;

/// <summary>Where a registry is, and which addresses may be spoken to without TLS.</summary>
internal static class RegistryAddress
{
    private const string DockerRegistry = "docker.io";
    private const string DockerHost = "registry-1.docker.io";

    /// <summary>The root of a registry's interface, with a slash at the end.</summary>
    public static Uri Of(string registry, RegistryOptions options)
    {
        var host = registry == DockerRegistry ? DockerHost : registry;
        return new Uri($"{(options.AllowPlainHttp.Contains(registry) ? "http" : "https")}://{host}/v2/");
    }

    /// <summary>True when plain HTTP may go to this address: its host is this machine, or allowed by name.</summary>
    public static bool MayBePlain(Uri address, RegistryOptions options) =>
        options.AllowPlainHttp.Contains(address.Authority) || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip)
            ? IPAddress.IsLoopback(ip)
            : address.Host == "localhost");

    /// <summary>True when both are the same scheme, host and port: what one may know, the other may know.</summary>
    public static bool SameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && one.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Follows a <c>Location</c>. From TLS to plain HTTP there is no way, nor to a host without TLS that nobody allowed.
    /// </summary>
    /// <exception cref="OciException"><see cref="OciError.UnexpectedResponse"/>: there is none, or it leads where it must not.</exception>
    public static Uri Follow(Uri from, Uri? location, RegistryOptions options)
    {
        if (location is null || !Uri.TryCreate(from, location, out var to) || to.OriginalString.Length > 16_384)
        {
            throw new OciException(OciError.UnexpectedResponse, $"{Show(from)} answered with a Location that is missing or no address");
        }

        var isAllowed = to.Scheme == Uri.UriSchemeHttps
            || (to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp && MayBePlain(to, options));
        if (!isAllowed || to.UserInfo.Length > 0)
        {
            throw new OciException(
                OciError.UnexpectedResponse, $"{Show(from)} leads to {Show(to)}, which is not followed: "
                + (to.UserInfo.Length > 0 ? "it holds a user name" : "it is not HTTPS"));
        }

        return to;
    }

    /// <summary>An address for a message: without its query, which may be a credential of a storage service.</summary>
    public static string Show(Uri address) => Quoted.Of($"{address.Authority}{address.AbsolutePath}");
}
