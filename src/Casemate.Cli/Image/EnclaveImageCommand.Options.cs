using System.CommandLine;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Image;

internal sealed partial class EnclaveImageCommand
{
    private const string GramineName = "--gramine", OutName = "--out", KeyName = "--key", EmitName = "--emit-tbs",
        AttachName = "--attach-signature";
    private const string TbsName = "--tbs", PublicKeyName = "--public-key", OverlayName = "--manifest-overlay",
        ManifestOutName = "--manifest-out";
    private const string EncryptedName = "--encrypted", SizeName = "--enclave-size", DateName = "--date", ReleaseName = "--gramine-release";

    private readonly RegistryAccess _registries = new();

    private readonly Argument<string> _source = new("IMAGE")
    {
        Description = $"The application's image: {ImageTransferCommand.Places}.",
    };

    private readonly Option<string> _gramine = new(GramineName)
    {
        Description =
            "Gramine's own files: a directory (with libsysdb.so, sgx and runtime, or one in which Gramine is installed), or an image.",
        HelpName = "DIR|IMAGE",
    };

    private readonly Option<string> _release = new(ReleaseName)
    {
        Description = "The release of Gramine, such as 1.8. Default: as its package or launcher says.",
        HelpName = "RELEASE",
    };

    private readonly Option<string> _out = new(OutName)
    {
        Description = "Where the image goes: an OCI layout, an archive of one, or an archive for docker load.",
        HelpName = "oci:DIR[:TAG]|oci-archive:FILE[:TAG]|docker-archive:FILE:NAME:TAG",
    };

    private readonly Option<string> _key = new(KeyName)
    {
        Description = "The private key that signs (PEM, not encrypted): RSA with 3072 bits and exponent 3.",
        HelpName = "FILE",
    };

    private readonly Option<string> _emit = new(EmitName)
    {
        Description = "Write what is to be signed, 256 bytes, for a signer elsewhere, and no image.",
        HelpName = "FILE",
    };

    private readonly Option<string> _attach = new(AttachName)
    {
        Description =
            "Complete the image with a signature made elsewhere (RSA PKCS #1 v1.5, SHA-256, binary). Everything else as with --emit-tbs.",
        HelpName = "FILE",
    };

    private readonly Option<string> _tbs =
        new(TbsName) { Description = "What --emit-tbs wrote, with --attach-signature.", HelpName = "FILE" };

    private readonly Option<string> _publicKey = new(PublicKeyName)
    {
        Description = "The public key (PEM) of the signer elsewhere, with --attach-signature.",
        HelpName = "FILE",
    };

    private readonly Option<string> _date = new(DateName)
    {
        Description =
            "The date of signing, as 2026-11-20. Default: that of SOURCE_DATE_EPOCH, so that the same inputs give the same image.",
        HelpName = "DATE",
    };

    private readonly Option<string> _overlay = new(OverlayName)
    {
        Description = "Settings (TOML) that are merged over the generated manifest, last. What they replace is shown.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _allowInsecure = new("--allow-insecure-manifest")
    {
        Description = "Accept settings of the overlay that leave to the host what no measurement shows. For experiments.",
    };

    private readonly Option<string> _manifestOut =
        new(ManifestOutName) { Description = "Write the manifest to a file as well.", HelpName = "FILE" };

    private readonly Option<string> _size = new(SizeName)
    {
        Description = "The enclave's size, a power of two. Without --edmm all of it is EPC. Default: 512M.",
        HelpName = "SIZE",
        DefaultValueFactory = _ => "512M",
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads at most, 4 to 4096; Gramine itself takes up to three. Default: 16.",
        HelpName = "N",
        DefaultValueFactory = _ => 16,
    };

    private readonly Option<bool> _edmm =
        new("--edmm") { Description = "Add memory while the enclave runs: for processors with SGX2 alone." };
    private readonly Option<int> _productId = new("--product-id") { Description = "ISVPRODID, 0 to 65535. Default: 0.", HelpName = "N" };

    private readonly Option<int> _securityVersion = new("--svn")
    {
        Description = "ISVSVN, 0 to 65535. Default: 1.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<bool> _debug = new("--make-debug-enclave")
    {
        Description = "Make a debug enclave: whoever runs the host reads all of its memory.",
    };

    private readonly Option<bool> _noAttestation = new("--no-attestation") { Description = "Make an enclave that makes no quotes." };

    private readonly Option<string[]> _arguments = new("--arg")
    {
        Description = "An argument in place of the image's command; the entrypoint stays. Repeatable.",
        HelpName = "WORD",
    };

    private readonly Option<bool> _argumentFile = new("--argument-file")
    {
        Description = "Keep the arguments in a trusted file, for long ones, in place of the manifest.",
    };

    private readonly Option<bool> _hostArguments = new("--accept-host-arguments")
    {
        Description = "Let whoever runs the host choose the arguments, which no measurement shows. Casemate's default policy refuses "
            + "such an enclave.",
    };

    private readonly Option<string[]> _env =
        new("--env") { Description = "An environment variable, over the image's. Repeatable.", HelpName = "NAME=VALUE" };

    private readonly Option<string[]> _passthrough = new("--passthrough")
    {
        Description = "An environment variable whose value the host may choose. Repeatable.",
        HelpName = "NAME",
    };

    private readonly Option<string> _trusted = new Option<string>("--trusted-files")
    {
        Description =
            "What the enclave may read, each file by its hash: what the program and its libraries need and --trust names (minimal), or "
            + "all but system files, devices and accounts (full). Default: minimal.",
        HelpName = "minimal|full",
        DefaultValueFactory = _ => "minimal",
    }.AcceptOnlyFromAmong("minimal", "full");

    private readonly Option<string[]> _trust = new("--trust")
    {
        Description = "A further trusted file, directory with everything below it, or pattern with * and ?. Repeatable.",
        HelpName = "GLOB",
    };

    private readonly Option<string[]> _allowMissing =
        new("--allow-missing") { Description = "A library that may be missing. Repeatable.", HelpName = "NAME" };

    private readonly Option<string[]> _temporary = new("--tmpfs")
    {
        Description = "A directory in the enclave's memory. Default: /tmp. Repeatable.",
        HelpName = "PATH",
    };

    private readonly Option<string[]> _encrypted = new(EncryptedName)
    {
        Description = "A directory whose files are encrypted on the host with a key that the application gets after attestation, or with "
            + "_sgx_mrenclave or _sgx_mrsigner, keys of the processor. Repeatable.",
        HelpName = "PATH=KEY",
    };

    private readonly Option<bool> _domainNames = new("--domain-names")
    {
        Description =
            "Take name servers and the host's name from the host, checked by Gramine: whoever runs the host answers names anyway.",
    };

    private readonly Option<string> _user = new("--user")
    {
        Description = "The user that the container runs as. Default: the image's, or 65532:65532 where that is root.",
        HelpName = "UID[:GID]",
    };

    public EnclaveImageCommand()
        : base(
            "enclave", "Run an application as it is in an SGX enclave: turn its image into one based on Gramine, measured and signed, "
                + "without Docker. "
            + "Nothing is executed. Exit code 0 done, 1 refused (insecure or not measurable), 2 wrong usage, 3 the image or a file is "
                + "not usable.",
            new CommandExample(
                "With a key at hand", "casemate image enclave oci:app:1 --gramine ./gramine --key key.pem --out oci:app:enclave"),
            new CommandExample("First step without the key", "casemate image enclave oci:app:1 --gramine ./gramine --emit-tbs app.tbs"),
            new CommandExample("Where the key is", "openssl dgst -sha256 -sign key.pem -out app.rsa app.tbs"),
            new CommandExample(
                "Last step", "casemate image enclave oci:app:1 --gramine ./gramine --tbs app.tbs --attach-signature app.rsa "
                    + "--public-key key.pub.pem --out oci:app:enclave"),
            new CommandExample(
                "What it reads besides, and a directory for secrets",
                "casemate image enclave oci:app:1 --gramine ./gramine --trust /srv/app --encrypted /data=app-key --key key.pem --out "
                    + "oci:app:enclave"))
    {
        Add(_source);
        Option[] options =
        [
            _gramine, _release, _out, _key, _emit, _attach, _tbs, _publicKey, _date, _overlay, _allowInsecure, _manifestOut, _size,
                _threads, _edmm,
            _productId, _securityVersion, _debug, _noAttestation, _arguments, _argumentFile, _hostArguments, _env, _passthrough, _trusted,
                _trust,
            _allowMissing, _temporary, _encrypted, _domainNames, _user,
        ];
        foreach (var option in options.Concat(_registries.All))
        {
            Add(option);
        }
    }
}
