using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Primitives.Caching;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator;

/// <summary>
/// What Intel's provisioning service would answer for one simulated machine: its PCK certificates for every TCB, CRLs, TCB infos and
/// enclave identities, in the form of the service. Documents are issued at the begin of the day (UTC) for which they are asked, good
/// for 30 days; asked twice in one day, the same bytes come back. Safe for concurrent use. Source: Intel PCS API v3 and v4.
/// </summary>
public sealed class SimulatedProvisioning
{
    private readonly InstallationSecret _secret;
    private readonly DateTimeOffset _created;
    private readonly DcapPki _pki;
    private readonly DcapScenario _scenario;
    private readonly Lock _lock = new();
    // Ten documents a day: whoever asks for days in turn, with clocks of their own, gets the same bytes for each of some three weeks.
    private readonly BoundedCache<(string Name, DateTimeOffset Day), SimulatedDocument> _documents = new(256);

    internal SimulatedProvisioning(InstallationSecret secret, DateTimeOffset created, DcapPki pki, DcapScenario scenario) =>
        (_secret, _created, _pki, _scenario) = (secret, created, pki, scenario);

    /// <summary>FMSPC of the machine, 12 hex digits, upper case as the service writes it.</summary>
    public string Fmspc => Convert.ToHexString(_scenario.Machine.Fmspc);

    /// <summary>PCEID of the machine, 4 hex digits.</summary>
    public string PceId => Convert.ToHexString(_scenario.Machine.PceId);

    /// <summary>QE id of the machine, 32 hex digits: by it a PCCS knows a machine.</summary>
    public string QeId => Convert.ToHexString(_secret.Bytes(16, "sgx/qe-id"));

    /// <summary>PPID of the machine under the service's key, 768 hex digits: by it the service knows a machine.</summary>
    public string EncryptedPpid => Convert.ToHexString(_pki.EncryptedPpid(384));

    /// <summary>CPUSVN of the machine, 32 hex digits.</summary>
    public string CpuSvn => Convert.ToHexString(PckExtension.CpuSvn(_scenario.Machine));

    /// <summary>PCESVN of the machine, 4 hex digits, low byte first.</summary>
    public string PceSvn => $"{_scenario.Machine.PceSvn & 0xFF:X2}{_scenario.Machine.PceSvn >> 8:X2}";

    /// <summary>Whether the PCK Platform CA issues the machine's certificates.</summary>
    public bool PlatformCa => _scenario.Machine.PlatformCa;

    /// <summary>
    /// The answer to <c>pckcerts</c>: a certificate for each level of the SGX TCB info that the machine reaches, <c>Not available</c> for
    /// the others, and one for its own TCB. The chain is CA and root.
    /// </summary>
    public SimulatedDocument PckCertificates() => Once("pckcerts", default, () =>
    {
        var machine = _scenario.Machine;
        var tcbs = _scenario.SgxTcbInfo.Levels.Select(level => (level.SgxComponents, level.PceSvn)).ToList();
        if (!tcbs.Exists(tcb => tcb.PceSvn == machine.PceSvn && tcb.SgxComponents.AsSpan().SequenceEqual(machine.ComponentSvns)))
        {
            tcbs.Insert(0, (machine.ComponentSvns, machine.PceSvn));
        }

        var body = Write(json =>
        {
            json.WriteStartArray();
            foreach (var (components, pceSvn) in tcbs)
            {
                WriteCertificate(
                    json, machine with { ComponentSvns = components, PceSvn = pceSvn, CpuSvn = OwnCpuSvn(components, pceSvn) });
            }

            json.WriteEndArray();
        });
        return new SimulatedDocument(body, Pem(_pki.CaDer, _pki.RootDer));
    });

    /// <summary>A TCB info with its signature, as <c>tcb</c> answers.</summary>
    /// <param name="tee">SGX or TDX.</param>
    /// <param name="now">The instant of asking.</param>
    /// <param name="early">The early generation: the same levels, and the evaluation number after the standard one's.</param>
    /// <param name="apiVersion">4; 3 gives the older form of the document, for SGX only.</param>
    /// <exception cref="ArgumentException">There is no such document.</exception>
    public SimulatedDocument TcbInfo(Tee tee, DateTimeOffset now, bool early = false, int apiVersion = 4)
    {
        if (tee is not (Tee.Sgx or Tee.Tdx) || apiVersion is not (3 or 4) || (apiVersion == 3 && tee is not Tee.Sgx))
        {
            throw new ArgumentException($"There is no TCB info of API version {apiVersion} for {tee}.", nameof(tee));
        }

        return Once($"tcb/{tee}/{early}/{apiVersion}", now, () =>
        {
            var content = tee is Tee.Tdx ? _scenario.TdxTcbInfo : _scenario.SgxTcbInfo;
            content = content with { TcbEvaluationDataNumber = content.TcbEvaluationDataNumber + (early ? 1 : 0) };
            content = apiVersion == 3 ? content with { Id = null, Version = 2 } : content;
            var body = SignedJson.TcbInfo(content, _scenario.Machine, Defaults(now));
            return Signed("tcbInfo", body, _pki.TcbSignerKey(_scenario.Signers.TcbInfo));
        });
    }

    /// <summary>The identity of a quoting enclave with its signature, as <c>qe/identity</c> answers.</summary>
    /// <param name="tee">SGX or TDX.</param>
    /// <param name="now">The instant of asking.</param>
    /// <param name="early">The early generation.</param>
    /// <exception cref="ArgumentException">There is no such document.</exception>
    public SimulatedDocument QeIdentity(Tee tee, DateTimeOffset now, bool early = false) => tee switch
    {
        Tee.Sgx => Identity("qe/sgx", _scenario.QeIdentity, now, early),
        Tee.Tdx => Identity("qe/tdx", _scenario.TdQeIdentity, now, early),
        _ => throw new ArgumentException($"There is no QE identity for {tee}.", nameof(tee)),
    };

    /// <summary>The identity of the quote verification enclave with its signature, as <c>qve/identity</c> answers.</summary>
    /// <param name="now">The instant of asking.</param>
    /// <param name="early">The early generation.</param>
    public SimulatedDocument QveIdentity(DateTimeOffset now, bool early = false) =>
        Identity("qve", QeIdentityContent.Sgx with
        {
            Id = "QVE",
            IsvProdId = 2,
            Levels = [new(3, "UpToDate"), new(1, "OutOfDate")],
        }, now, early);

    /// <summary>The generations that are kept up, with their signature, as <c>tcbevaluationdatanumbers</c> answers: the early one and
    /// the standard one.</summary>
    /// <param name="tee">SGX or TDX.</param>
    /// <param name="now">The instant of asking.</param>
    /// <exception cref="ArgumentException">There is no such document.</exception>
    public SimulatedDocument TcbEvaluationNumbers(Tee tee, DateTimeOffset now)
    {
        if (tee is not (Tee.Sgx or Tee.Tdx))
        {
            throw new ArgumentException($"There are no generations for {tee}.", nameof(tee));
        }

        return Once($"numbers/{tee}", now, () =>
        {
            var standard = (tee is Tee.Tdx ? _scenario.TdxTcbInfo : _scenario.SgxTcbInfo).TcbEvaluationDataNumber;
            return Signed(
                "tcbEvaluationDataNumbers", SignedJson.EvaluationNumbers(tee is Tee.Tdx ? "TDX" : "SGX", standard, Defaults(now)),
                _pki.TcbSignerKey(_scenario.Signers.TcbInfo));
        });
    }

    /// <summary>The platform families, as <c>fmspcs</c> answers: the machine's own. Nobody signs it, so it has no chain.</summary>
    public SimulatedDocument Fmspcs() => new(
        Write(json =>
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteString("fmspc", Fmspc);
            json.WriteString("platform", "E5");
            json.WriteEndObject();
            json.WriteEndArray();
        }),
        "");

    /// <summary>The CRL of the root CA, DER.</summary>
    /// <param name="now">The instant of asking.</param>
    public SimulatedDocument RootCaCrl(DateTimeOffset now) =>
        Once("rootcacrl", now, () => new SimulatedDocument(
            _pki.MakeRootCrl(Validity.Day(now), Validity.NextUpdate(Validity.Day(now))), ""));

    /// <summary>The CRL of a PCK CA, DER, with CA and root.</summary>
    /// <param name="platformCa">True for the Platform CA, false for the Processor CA; the one that issues nothing has an empty
    /// list.</param>
    /// <param name="now">The instant of asking.</param>
    public SimulatedDocument PckCrl(bool platformCa, DateTimeOffset now) => Once($"pckcrl/{platformCa}", now, () =>
    {
        var pki = platformCa == PlatformCa ? _pki : PkiOf(_scenario.Machine with { PlatformCa = platformCa });
        var day = Validity.Day(now);
        return new SimulatedDocument(pki.MakePckCrl(day, Validity.NextUpdate(day)), Pem(pki.CaDer, pki.RootDer));
    });

    private SimulatedDocument Identity(string name, QeIdentityContent content, DateTimeOffset now, bool early) =>
        Once($"{name}/{early}", now, () =>
        {
            var body = SignedJson.QeIdentity(
                content with { TcbEvaluationDataNumber = content.TcbEvaluationDataNumber + (early ? 1 : 0) }, Defaults(now));
            return Signed("enclaveIdentity", body, _pki.TcbSignerKey(_scenario.Signers.QeIdentity));
        });

    private void WriteCertificate(Utf8JsonWriter json, SgxMachine tcb)
    {
        var own = _scenario.Machine;
        var isOwn = tcb.PceSvn == own.PceSvn && tcb.ComponentSvns.AsSpan().SequenceEqual(own.ComponentSvns);
        var reached = tcb.PceSvn <= own.PceSvn && tcb.ComponentSvns.Zip(own.ComponentSvns).All(pair => pair.First <= pair.Second);
        json.WriteStartObject();
        json.WriteStartObject("tcb");
        for (var i = 0; i < 16; i++)
        {
            json.WriteNumber($"sgxtcbcomp{i + 1:D2}svn", tcb.ComponentSvns[i]);
        }

        json.WriteNumber("pcesvn", tcb.PceSvn);
        json.WriteEndObject();
        json.WriteString("tcbm", $"{Convert.ToHexString(PckExtension.CpuSvn(tcb))}{tcb.PceSvn & 0xFF:X2}{tcb.PceSvn >> 8:X2}");
        json.WriteString("cert", reached ? Uri.EscapeDataString(Pem(isOwn ? _pki.PckDer : PkiOf(tcb).PckDer)) : "Not available");
        json.WriteEndObject();
    }

    private byte[]? OwnCpuSvn(byte[] components, ushort pceSvn) =>
        pceSvn == _scenario.Machine.PceSvn && components.AsSpan().SequenceEqual(
            _scenario.Machine.ComponentSvns) ? _scenario.Machine.CpuSvn : null;

    private DcapPki PkiOf(SgxMachine machine) => new(_secret, _created, _pki.RootDer, _scenario with { Machine = machine });

    private SignedJson.Defaults Defaults(DateTimeOffset now)
    {
        var day = Validity.Day(now);
        return new SignedJson.Defaults(day, Validity.NextUpdate(day), Validity.Day(_created));
    }

    private SimulatedDocument Signed(string member, byte[] body, EcSigningKey key)
    {
        var wrapped = Write(json =>
        {
            json.WriteStartObject();
            json.WritePropertyName(member);
            json.WriteRawValue(body, skipInputValidation: true);
            json.WriteString("signature", Convert.ToHexStringLower(key.SignFixed(body)));
            json.WriteEndObject();
        });
        return new SimulatedDocument(wrapped, _pki.TcbSignerChainPem);
    }

    private SimulatedDocument Once(string name, DateTimeOffset now, Func<SimulatedDocument> make)
    {
        var key = (name, Validity.Day(now));
        lock (_lock)
        {
            if (!_documents.TryGet(key, out var document))
            {
                document = make();
                _documents.Add(key, document);
            }

            return document;
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(json);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string Pem(params ReadOnlySpan<byte[]> certificates)
    {
        var text = new StringBuilder();
        foreach (var der in certificates)
        {
            text.Append(PemEncoding.WriteString("CERTIFICATE", der)).Append('\n');
        }

        return text.ToString();
    }
}
