using System.CommandLine;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Image;

internal sealed partial class PackCommand
{
    private const string AcceptDebugName = "--accept-debug-enclaves";

    private readonly Option<string> _out = new(OutName)
    {
        Description = "Where the image goes: an OCI layout, an archive of one, or an archive for docker load and ctr images import.",
        HelpName = "oci:DIR[:TAG]|oci-archive:FILE[:TAG]|docker-archive:FILE:NAME:TAG",
    };

    private readonly Option<string> _root = new("--root")
    {
        Description = "The root file system that everything is taken from; PROGRAM and other paths are paths in it then. Default: this "
            + "machine.",
        HelpName = "DIR",
    };

    private readonly Option<string> _app = new("--app")
    {
        Description = "The application's directory, which is /app in the image whatever it is called here. Default: the directory that "
            + "PROGRAM is in, unless that is one of the system's. Not with --root.",
        HelpName = "DIR",
    };

    private readonly Option<string[]> _include = new("--include")
    {
        Description = "Further files: a path, a directory with everything below it, or a pattern with * and ?. Libraries bring what they "
            + "need. Repeatable.",
        HelpName = "GLOB",
    };

    private readonly Option<string[]> _enclaves = new("--enclave")
    {
        Description = "A signed enclave (ELF file, or X.manifest.sgx of Gramine with X.sig beside it). Its signature is verified, and its "
            + "MRENCLAVE computed from the file and compared. Repeatable.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _acceptDebug = new(AcceptDebugName)
    {
        Description = "Pack enclaves that may run in debug mode: whoever runs the host reads all of their memory.",
    };

    private readonly Option<string> _quote = new Option<string>("--quote")
    {
        Description = "Where quotes are made: by the node's quote helper (out-of-process), by the program itself, which takes Intel's "
            + "quoting enclaves along and needs the provision device, or nowhere. Default: out-of-process, where SGX is used.",
        HelpName = "out-of-process|in-process|none",
    }.AcceptOnlyFromAmong("out-of-process", "in-process", "none");

    private readonly Option<string> _qcnl = new(QcnlName)
    {
        Description = "The image's /etc/sgx_default_qcnl.conf. Default: that of the root, where quotes are made in the process.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _env = new("--env") { Description = "An environment variable. Repeatable.", HelpName = "NAME=VALUE" };

    private readonly Option<string[]> _entrypoint = new("--entrypoint")
    {
        Description = "What is started in place of PROGRAM, which stays in the image; one word each time. Repeatable.",
        HelpName = "WORD",
    };

    private readonly Option<string> _workdir = new("--workdir")
    {
        Description = "The working directory. Default: /app where the program is in it, else /.",
        HelpName = "PATH",
    };

    private readonly Option<string> _user = new("--user")
    {
        Description = "The user. Default: 65532:65532, who is nobody.",
        HelpName = "UID[:GID]",
    };

    private readonly Option<string[]> _labels = new("--label")
    {
        Description = "A label of the image. Repeatable.",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<string[]> _allowMissing = new("--allow-missing")
    {
        Description = "A library or other part that may be missing, by the name that the message gives it. Repeatable.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _processorVariants = new("--processor-variants")
    {
        Description = "Take the variants of libraries for newer processors along (glibc-hwcaps), all that there are.",
    };

    private readonly Option<string> _certificates = Choice("--ca-certificates", "Certificates of public authorities", "with a TLS library");
    private readonly Option<string> _nss = Choice("--nss", "What looking up names and accounts reads",
        "with getaddrinfo, getpwnam and their kin");
    private readonly Option<string> _tzdata = Choice("--tzdata", "Time zones", "never, so that a program has UTC");
    private readonly Option<string> _gconv = Choice("--gconv", "Character sets for iconv", "with iconv_open");
    private readonly Option<string> _locale = Choice("--locale", "Locales", "with setlocale, and then C.utf8 alone");

    private readonly Option<bool> _explain = new("--explain") { Description = "List every file: layer, size, package, and why it is in." };

    private readonly Option<string> _sbom = new(SbomName)
    {
        Description = "Write the list of contents (SPDX 2.3) to a file as well.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what the image would be, and write nothing." };

    private readonly Option<bool> _self = new("--self")
    {
        Description = "Pack casemate itself, with the libraries that it opens while it runs.",
    };

    private readonly Option<string> _program = new("--program")
    {
        Description = "With --self: the published casemate to pack. Default: this program, if it is one.",
        HelpName = "FILE",
    };

    private readonly Argument<string[]> _command = new("PROGRAM")
    {
        Description = "The program, and the arguments that it is started with. Put -- before it.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public PackCommand()
        : base(
            "pack", "Make a small, reproducible image of a program, its libraries and its enclave, without a base image.",
            new CommandExample("A program and what it needs", "casemate image pack --out oci:image:1 -- ./app --serve"),
            new CommandExample(
                "An enclave application, its signature verified",
                "casemate image pack --enclave enclave.signed --out oci:image:1 -- ./host /app/enclave.signed"),
            new CommandExample("What would be in it, and why", "casemate image pack --dry-run --explain -- ./app"),
            new CommandExample("From an unpacked image, for docker load",
                "casemate image pack --root rootfs --out docker-archive:app.tar:app:1 -- /usr/bin/app"),
            new CommandExample("Casemate's own image", "casemate image pack --self --out docker-archive:casemate.tar:casemate:1"))
    {
        Option[] options =
        [
            _out, _root, _app, _include, _enclaves, _acceptDebug, _quote, _qcnl, _env, _entrypoint, _workdir, _user, _labels, _allowMissing,
            _processorVariants, _certificates, _nss, _tzdata, _gconv, _locale, _explain, _sbom, _dryRun, _self, _program,
        ];
        foreach (var option in options)
        {
            Add(option);
        }

        Add(_command);
    }

    /// <summary>An option that is not ours is most likely meant for the program.</summary>
    public override string? UnknownOptionHint => "Arguments of the program come after --, such as: casemate image pack --out oci:image "
        + "-- ./app --serve";

    private static Option<string> Choice(string name, string what, string when) => new Option<string>(name)
    {
        Description = $"{what}. auto: {when}. Default: auto.",
        HelpName = "auto|yes|no",
        DefaultValueFactory = _ => "auto",
    }.AcceptOnlyFromAmong("auto", "yes", "no");
}
