namespace Casemate.Broker;

/// <summary>What stands in every token.</summary>
public sealed record TokenOptions
{
    /// <summary>The issuer that Confidential Containers' own service names.</summary>
    public const string DefaultIssuer = "CoCo-Attestation-Service";

    /// <summary>
    /// <c>iss</c>, 1 to 256 characters. Default: <see cref="DefaultIssuer"/>, which clients of Confidential Containers expect.
    /// </summary>
    public string Issuer { get; init; } = DefaultIssuer;

    /// <summary>How long a token is valid, 10 seconds to 24 hours. Default: 5 minutes.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What is wrong with the options; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (Issuer is not { Length: >= 1 and <= 256 } || Issuer.Any(char.IsControl))
        {
            yield return "Issuer is empty, longer than 256 characters or has control characters. "
                + $"Leave it out for '{DefaultIssuer}', or write your service's URL.";
        }

        if (Lifetime < TimeSpan.FromSeconds(10) || Lifetime > TimeSpan.FromHours(24))
        {
            yield return $"The token lifetime is {Lifetime}: use 10 seconds to 24 hours (default 5 minutes).";
        }
    }
}
