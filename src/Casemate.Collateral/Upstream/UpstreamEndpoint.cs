namespace Casemate.Collateral.Upstream;

/// <summary>How to reach an upstream.</summary>
public sealed record UpstreamEndpoint
{
    /// <summary>
    /// Where its routes begin, such as <c>https://api.trustedservices.intel.com/</c>. HTTPS; plain HTTP to a loopback address is fine.
    /// </summary>
    public required Uri Address { get; init; }

    /// <summary>
    /// Plain HTTP to another host too. What is fetched is signed, so it stays genuine; whoever listens learns which machines ask, and
    /// a subscription key is never sent. Default: false.
    /// </summary>
    public bool AllowUnprotectedHttp { get; init; }

    /// <summary>The longest wait for the head of an answer. Default: 10 s.</summary>
    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest duration of a whole request. Default: 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What an operator does about a TLS certificate that is not trusted, such as the setting to name: it stands behind the problem.
    /// Default: to name the authority.
    /// </summary>
    public string TrustRemedy { get; init; } = "name the authority that vouches for it";

    /// <summary>Host and port.</summary>
    public string Host => Address.Authority;

    /// <summary>Checks the address.</summary>
    /// <exception cref="ArgumentException">It may not be used; the message says why.</exception>
    internal void Require()
    {
        ArgumentNullException.ThrowIfNull(Address);
        if (!Address.IsAbsoluteUri || Address.Query.Length > 0 || Address.Fragment.Length > 0 || Address.UserInfo.Length > 0)
        {
            throw new ArgumentException("An upstream's address is absolute, without user, query and fragment.", nameof(Address));
        }

        if (Address.Scheme != Uri.UriSchemeHttps
            && !(Address.Scheme == Uri.UriSchemeHttp && (Address.IsLoopback || AllowUnprotectedHttp)))
        {
            throw new ArgumentException(
                $"The address of {Address.Authority} is not HTTPS. Plain HTTP goes to this machine only, unless it is allowed by name.",
                nameof(Address));
        }
    }
}
