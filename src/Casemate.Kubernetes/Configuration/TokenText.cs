namespace Casemate.Kubernetes;

/// <summary>Checks that a text can be sent as a bearer token.</summary>
internal static class TokenText
{
    private const int LongestToken = 64 * 1024;

    /// <summary>The token without surrounding white space.</summary>
    /// <exception cref="KubeConfigurationException">It is empty, too long, or holds what no header may. Never quotes the token.</exception>
    public static string Check(string text, string where)
    {
        var token = text.Trim();
        if (token.Length is 0 or > LongestToken)
        {
            throw new KubeConfigurationException($"{where}: the token is empty or longer than {LongestToken / 1024} KiB.");
        }

        return token.All(character => character is > ' ' and < (char)127)
            ? token
            : throw new KubeConfigurationException($"{where}: the token holds characters that no HTTP header may; write it on one line.");
    }
}
