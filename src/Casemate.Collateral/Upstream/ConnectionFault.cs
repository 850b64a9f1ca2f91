using System.Security.Authentication;

namespace Casemate.Collateral.Upstream;

/// <summary>Says why there was no answer, in the words of an operator: what was refused, and what to do about TLS.</summary>
internal static class ConnectionFault
{
    /// <summary>Describes a failed request.</summary>
    /// <param name="exception">What the connection ended with.</param>
    /// <param name="address">What was asked.</param>
    /// <param name="trustRemedy">What to do about a certificate that nobody trusted vouches for.</param>
    public static string Describe(Exception exception, Uri address, string trustRemedy)
    {
        var innermost = exception;
        while (innermost.InnerException is { } inner)
        {
            innermost = inner;
        }

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
        {
            return DescribeTls(exception.InnerException as AuthenticationException, innermost.Message, address, trustRemedy);
        }

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded })
        {
            return "the connection ended before an answer came" + HintOfScheme(address);
        }

        // The outer message may name a proxy, the inner one the reason; neither need be said twice, nor the host again.
        var outer = exception.Message.Replace($" ({address.Authority})", "", StringComparison.Ordinal).TrimEnd('.');
        var reason = innermost.Message.TrimEnd('.');
        return outer.Contains(reason, StringComparison.Ordinal) ? outer : $"{outer} ({reason})";
    }

    /// <summary>What may be wrong with an address whose answer is none; empty where its scheme cannot be the reason.</summary>
    public static string HintOfScheme(Uri address) => address.Scheme == Uri.UriSchemeHttp
        ? "; if it speaks TLS there, write https:// in place of http://"
        : "";

    // The words of the runtime name the flags and states of a chain.
    private static string DescribeTls(AuthenticationException? refused, string reason, Uri address, string trustRemedy)
    {
        var said = refused?.Message ?? "";
        var isForeign = said.Contains("RemoteCertificateNameMismatch", StringComparison.Ordinal);
        if (isForeign)
        {
            return $"its TLS certificate is for another name than {address.Host}: use a name that stands in it"
                + (said.Contains("RemoteCertificateChainErrors", StringComparison.Ordinal) ? $"; nor is it trusted: {trustRemedy}" : "");
        }

        if (said.Contains("NotTimeValid", StringComparison.Ordinal))
        {
            return "its TLS certificate, or that of an issuer, has expired or is not valid yet: renew it, or set this machine's clock";
        }

        if (said.Contains("certificate chain", StringComparison.Ordinal) || said.Contains("RemoteCertificate", StringComparison.Ordinal))
        {
            var state = said[(said.LastIndexOf(':') + 1)..].Trim().TrimEnd('.');
            return $"its TLS certificate is not trusted ({state}): {trustRemedy}";
        }

        var isPlain = reason.Contains("frame size", StringComparison.Ordinal)
            || reason.Contains("wrong version number", StringComparison.Ordinal);
        return !isPlain ? $"TLS failed: {reason.TrimEnd('.')}"
            : address.IsLoopback ? "it does not speak TLS there: write http:// in place of https://, which goes to this machine only"
            : "it does not speak TLS there: name a port that does; http:// goes to this machine only";
    }
}
