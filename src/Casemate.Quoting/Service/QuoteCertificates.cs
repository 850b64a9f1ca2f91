using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Casemate.Quoting.Service;

/// <summary>The certificates in a quote that this service made, for the metric of their expiry. Not a verification of anything.</summary>
internal static class QuoteCertificates
{
    /// <summary>When the first certificate of the chain ends; null when the quote has none that can be read.</summary>
    public static DateTimeOffset? EarliestEnd(ReadOnlySpan<byte> quote)
    {
        var start = quote.IndexOf("-----BEGIN CERTIFICATE-----"u8);
        if (start < 0)
        {
            return null;
        }

        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(Encoding.Latin1.GetString(quote[start..]));
            return chain.Count == 0 ? null : new DateTimeOffset(chain.Min(c => c.NotAfter).ToUniversalTime(), TimeSpan.Zero);
        }
        catch (CryptographicException)
        {
            return null;
        }
        finally
        {
            foreach (var certificate in chain)
            {
                certificate.Dispose();
            }
        }
    }
}
