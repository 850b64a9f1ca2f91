using System.Collections.Frozen;
using Casemate.Collateral.Store;

namespace Casemate.Serve.Pccs;

/// <summary>
/// The addresses that <c>crl?uri=</c> answers for. Nothing else is ever looked up: a service that fetches whatever it is told to is an
/// open proxy into its own network.
/// </summary>
internal sealed class CrlAddresses
{
    /// <summary>The longest address.</summary>
    public const int MaximumLength = 2048;

    private readonly FrozenDictionary<string, CollateralKey> _known;

    public CrlAddresses(IEnumerable<string> rootCrlAddresses)
    {
        var known = new Dictionary<string, CollateralKey>(StringComparer.Ordinal)
        {
            ["https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"] = CollateralKey.RootCaCrl(),
            ["https://certificates.trustedservices.intel.com/IntelSGXRootCA.crl"] = CollateralKey.RootCaCrl(),
        };
        foreach (var version in (ReadOnlySpan<string>)["v1", "v2", "v3", "v4"])
        {
            foreach (var (ca, platformCa) in (ReadOnlySpan<(string, bool)>)[("processor", false), ("platform", true)])
            {
                var address = $"https://api.trustedservices.intel.com/sgx/certification/{version}/pckcrl?ca={ca}";
                known[address] = known[address + "&encoding=der"] = CollateralKey.PckCrl(platformCa);
            }
        }

        foreach (var address in rootCrlAddresses)
        {
            known[address] = CollateralKey.RootCaCrl();
        }

        _known = known.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The list behind an address; null for any other address.</summary>
    public CollateralKey? Find(string address) => address.Length <= MaximumLength ? _known.GetValueOrDefault(address) : null;
}
