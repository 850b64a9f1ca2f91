namespace Casemate.Images.Closure;

/// <summary>Data that functions of the C library and other libraries read while a program runs, each group behind its switch.</summary>
internal static class DataParts
{
    private static readonly string[] s_tls = ["libssl.so", "libgnutls.so", "libmbedtls.so", "libwolfssl.so", "libnss3.so", "libcurl.so", "libcurl-gnutls.so"];

    /// <summary>Adds the groups that the switches ask for.</summary>
    /// <param name="work">The closure.</param>
    /// <param name="imports">The symbols that programs and libraries import.</param>
    /// <param name="processes">The processes, for their libraries.</param>
    public static void Add(ClosureWork work, HashSet<string> imports, IReadOnlyList<LoaderProcess> processes)
    {
        var options = work.Options;
        var libraries = processes.SelectMany(process => process.Objects).Select(loaded => loaded.Path[(loaded.Path.LastIndexOf('/') + 1)..]).ToList();

        if (Wants(options.NameService, imports, out var why, "getaddrinfo", "gethostbyname", "gethostbyname_r", "gethostbyname2_r", "getnameinfo"))
        {
            Take(work, why, "/etc/nsswitch.conf", "/etc/hosts", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols");
            OpenModules(work, why, processes, "libnss_files.so.2", "libnss_dns.so.2");
        }

        if (Wants(options.Accounts, imports, out why, "getpwnam", "getpwuid", "getpwnam_r", "getpwuid_r", "getgrnam", "getgrgid", "getgrnam_r", "getgrgid_r"))
        {
            Take(work, why, "/etc/nsswitch.conf", "/etc/passwd", "/etc/group");
            OpenModules(work, why, processes, "libnss_files.so.2");
        }

        var tls = libraries.Find(library => s_tls.Any(name => library.StartsWith(name, StringComparison.Ordinal)));
        if (options.Certificates is DataSwitch.Include || (options.Certificates is DataSwitch.Detect && tls is not null))
        {
            var taken = Take(
                work, tls is null ? "asked for" : $"read by {tls}", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/usr/lib/ssl", "/etc/ssl/cert.pem",
                "/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem");
            Require(work, options.Certificates, taken, "/etc/ssl/certs", "certificates of public authorities");
        }

        if (Wants(options.CharacterSets, imports, out why, "iconv_open"))
        {
            var taken = Take(work, why, "/usr/lib/x86_64-linux-gnu/gconv", "/usr/lib64/gconv", "/usr/lib/gconv");
            Require(work, options.CharacterSets, taken, "/usr/lib/gconv", "modules for character sets");
        }

        if (Wants(options.Locales, imports, out why, "setlocale", "newlocale"))
        {
            var all = options.Locales is DataSwitch.Include;
            var taken = all ? Take(work, why, "/usr/lib/locale", "/usr/share/locale/locale.alias") : Take(work, why, "/usr/lib/locale/C.utf8");
            Require(work, options.Locales, taken, "/usr/lib/locale", "locales");
        }

        if (Wants(options.TimeZones, imports, out why, "localtime", "localtime_r", "tzset", "mktime"))
        {
            var taken = Take(work, why, "/etc/localtime", "/etc/timezone");
            taken |= options.TimeZones is DataSwitch.Include && Take(work, why, "/usr/share/zoneinfo");
            Require(work, options.TimeZones, taken, "/usr/share/zoneinfo", "time zones");
        }
    }

    private static bool Wants(DataSwitch setting, HashSet<string> imports, out string why, params string[] functions)
    {
        var used = functions.FirstOrDefault(imports.Contains);
        why = used is null ? "asked for" : $"read by {used}";
        return setting switch
        {
            DataSwitch.Include => true,
            DataSwitch.Exclude => false,
            DataSwitch.Detect => used is not null,
            _ => throw new ArgumentOutOfRangeException(nameof(setting)),
        };
    }

    // Files as they are, directories with everything below them; what is not there is left out.
    private static bool Take(ClosureWork work, string why, params string[] paths)
    {
        var any = false;
        foreach (var path in paths)
        {
            if (work.Walk.Resolve(path) is null)
            {
                continue;
            }

            foreach (var file in FilePattern.Below(work.Walk, path))
            {
                var location = work.Files.Add(file, new ClosureReason(ClosureReasonKind.Data, null, why));
                if (location is null)
                {
                    work.Report(ClosureFindingKind.LinkBroken, ClosureSeverity.Note, file, $"{Shown.Of(file)} is a link that leads nowhere");
                }

                any |= location is not null;
            }
        }

        return any;
    }

    private static void Require(ClosureWork work, DataSwitch setting, bool taken, string path, string what)
    {
        if (!taken && setting is DataSwitch.Include)
        {
            work.Report(ClosureFindingKind.DataMissing, ClosureSeverity.Warning, path, $"there are no {what} in the root");
        }
    }

    // Part of the C library itself since glibc 2.34, modules before.
    private static void OpenModules(ClosureWork work, string why, IReadOnlyList<LoaderProcess> processes, params string[] names)
    {
        foreach (var process in processes.Where(process => process.Find("libc.so.6") is not null))
        {
            foreach (var name in names)
            {
                process.Load(name, process.Find("libc.so.6")!, ClosureReasonKind.Data, why + ": ", isOptional: true);
            }

            process.LoadNeeded();
        }
    }
}
