using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Snp;

namespace Casemate.Simulator;

/// <summary>
/// One installation of the software TEE: an Intel machine with SGX and TDX and an AMD machine of each product line, under random root
/// keys of its own. Two installations share nothing, and nothing made here verifies under the vendors' roots. It reads no file and no
/// clock, and is safe for concurrent use.
/// </summary>
/// <remarks>
/// What it makes proves nothing about where a program runs: whoever holds the state of an installation can sign any claim. It is for
/// laptops, tests and demonstrations.
/// </remarks>
public sealed partial class SimulatedPlatform
{
    private readonly InstallationSecret _secret;
    private readonly byte[] _sgxRootDer;
    private readonly Lock _products = new();
    private readonly SortedDictionary<SnpProduct, (SnpKeys Keys, SimulatedSnp Snp)> _snp = [];
    private volatile bool _hasUnexportedKeys;

    private SimulatedPlatform(InstallationSecret secret, DateTimeOffset created, byte[] sgxRootDer, bool isNew)
    {
        _secret = secret;
        _sgxRootDer = sgxRootDer;
        _hasUnexportedKeys = isNew;
        Created = created;
        Dcap = new SimulatedDcap(secret, created, sgxRootDer, new DcapScenario());
    }

    /// <summary>When the installation was created, whole seconds, UTC. Its certificates begin the day before.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>SGX and TDX, everything in order. Other scenarios: <see cref="SimulatedDcap.With"/>.</summary>
    public SimulatedDcap Dcap { get; }

    /// <summary>
    /// True while there are keys that no call of <see cref="Export"/> has returned: after <see cref="Create"/>, and after the first use
    /// of an AMD product line or of its VLEK. A caller that keeps the state stores it anew then.
    /// </summary>
    public bool HasUnexportedKeys => _hasUnexportedKeys;

    /// <summary>Makes a new installation with random keys. Fast: RSA keys for AMD are made when first used.</summary>
    /// <param name="now">The present instant: certificates are valid from the day before for 20 years.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="now"/> is before 2000 or after 2999.</exception>
    public static SimulatedPlatform Create(DateTimeOffset now)
    {
        if (now.Year is < MinimumYear or > MaximumYear)
        {
            throw new ArgumentOutOfRangeException(nameof(now), now, $"The year must be {MinimumYear} to {MaximumYear}.");
        }

        var created = now.ToUniversalTime();
        created = created.AddTicks(-(created.Ticks % TimeSpan.TicksPerSecond));
        var secret = new InstallationSecret(RandomNumberGenerator.GetBytes(InstallationSecret.Size));
        return new SimulatedPlatform(secret, created, DcapPki.MakeRoot(secret, created), isNew: true);
    }

    /// <summary>
    /// The AMD machine of a product line, everything in order. The first use in an installation makes two RSA-4096 keys, which takes
    /// about a second; see <see cref="HasUnexportedKeys"/>.
    /// </summary>
    /// <param name="product">The product line.</param>
    /// <exception cref="ArgumentOutOfRangeException">Unknown product line.</exception>
    public SimulatedSnp Snp(SnpProduct product)
    {
        if (!Enum.IsDefined(product))
        {
            throw new ArgumentOutOfRangeException(nameof(product), product, "Unknown product line.");
        }

        lock (_products)
        {
            if (!_snp.TryGetValue(product, out var made))
            {
                made = Add(SnpKeys.Create(product, Created, MarkChanged));
                _hasUnexportedKeys = true;
            }

            return made.Snp;
        }
    }

    /// <summary>
    /// A copy of <paramref name="roots"/> that also accepts this installation: its SGX root and the ARK of every product line used so
    /// far. Evidence under these roots gives verdicts that say <c>simulated</c>.
    /// </summary>
    /// <param name="roots">Usually <see cref="TrustRoots.Production"/> or <see cref="TrustRoots.None"/>.</param>
    public TrustRoots Allow(TrustRoots roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        roots = roots.AllowSimulatedSgxRoot(_sgxRootDer);
        lock (_products)
        {
            foreach (var (product, made) in _snp)
            {
                roots = roots.AllowSimulatedArk(made.Keys.Ark.Der, product);
            }
        }

        return roots;
    }

    private (SnpKeys Keys, SimulatedSnp Snp) Add(SnpKeys keys)
    {
        var made = (keys, new SimulatedSnp(_secret, Created, keys, SnpScenario.Of(keys.Product)));
        _snp.Add(keys.Product, made);
        return made;
    }

    private void MarkChanged() => _hasUnexportedKeys = true;
}
