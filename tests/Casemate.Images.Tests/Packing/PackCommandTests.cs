using System.Text.Json;
using Casemate.Testing;

namespace Casemate.Images.Tests.Packing;

/// <summary><c>casemate image pack</c>, from the compiler to a process that runs in the image with nothing else.</summary>
public sealed class PackCommandTests
{
    [Fact]
    public async Task Program_RunsAlone_AndIsFiftyTimesSmallerThanABuildImage()
    {
        using var program = await ChainedProgram.BuildAsync();
        await PackAsync(program, "--", "./app", "hello");

        var image = await UnpackedImage.OfAsync(program.Layout, program.Path("root"));

        Assert.Equal("/app", image.Config.GetProperty("WorkingDir").GetString());
        Assert.True(image.Size * 50 <= await BuildImageBytesAsync(),
            $"{image.Size} bytes, a build image has {await BuildImageBytesAsync()}");
        Assert.SkipUnless(await UnpackedImage.CanRunAsync(), "programs cannot be run in another root here");
        var run = await image.RunAsync();
        Assert.Equal((0, "hello 42\n"), (run.ExitCode, run.Output));
    }

    // The loader learns from /proc where a program is; every container has one.
    [Fact]
    public async Task LibrariesBesideTheProgram_AreFoundByOrigin()
    {
        using var program = await ChainedProgram.BuildAsync("$ORIGIN/lib");
        await PackAsync(program, "--", "./app", "hello");

        Assert.SkipUnless(await UnpackedImage.CanRunAsync(), "programs cannot be run in another root here");
        var run = await (await UnpackedImage.OfAsync(program.Layout, program.Path("root"))).RunAsync();

        Assert.Equal((0, "hello 42\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task SameInputs_GiveTheSameBytes_FromAnotherDirectoryAtAnotherTimeWithAnotherUmask()
    {
        using var program = await ChainedProgram.BuildAsync();
        await PackAsync(program, "--", "./app", "hello");
        var copied = await ChildProgram.RunAsync(
            "/bin/sh", ["-c", "umask 077; mkdir -p elsewhere/deeper && cp -r build elsewhere/deeper/x && find elsewhere -exec touch -d "
                + "2001-02-03 {} +"],
            directory: program.Path("."));
        Assert.True(copied.ExitCode == 0, copied.Error);

        var again = await program.PackInAsync(
            "elsewhere/deeper", "umask 077",
            new Dictionary<string, string?> { ["TZ"] = "Asia/Tokyo", ["LC_ALL"] = "C", ["USER"] = "somebody" },
            "--out", $"oci:{program.Path("image2")}:1", "--", "x/app", "hello");

        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Equal(Files(program.Layout), Files(program.Path("image2")));
    }

    [Fact]
    public async Task SourceDateEpoch_IsTheTimeOfEverything()
    {
        using var program = await ChainedProgram.BuildAsync();

        var packed = await program.PackInAsync(
            "build", "umask 022", new Dictionary<string, string?> { ["SOURCE_DATE_EPOCH"] = "1767225600" }, "--out",
            $"oci:{program.Layout}:1", "--", "./app");

        Assert.True(packed.ExitCode == 0, packed.Error);
        var image = await UnpackedImage.OfAsync(program.Layout, program.Path("root"));
        Assert.Equal("2026-01-01T00:00:00Z", image.Manifest.GetProperty("annotations").GetProperty("org.opencontainers.image.created")
            .GetString());
        Assert.Equal(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), File.GetLastWriteTimeUtc(Path.Combine(image.Root, "app/app")));
    }

    // A library in a directory that the machine's cache alone knows: the image has a cache of its own, with its own libraries.
    [Fact]
    public async Task LibrariesThatOnlyTheCacheKnows_AreFoundInTheImage_WithoutTheCacheOfTheMachine()
    {
        Assert.SkipUnless(File.Exists("/sbin/ldconfig"), "no ldconfig on this machine");
        using var program = await ChainedProgram.BuildAsync();
        await PackAsync(program, "--", "./app");
        var root = await UnpackedImage.OfAsync(program.Layout, program.Path("root"));
        Directory.Move(Path.Combine(root.Root, "app/lib"), Path.Combine(root.Root, "srv"));
        File.WriteAllText(Path.Combine(root.Root, "srv/not-a-library.txt"), "secret of the machine");
        foreach (var number in Enumerable.Range(1, 12))
        {
            File.Copy(Path.Combine(root.Root, "srv/libdeep.so"), Path.Combine(root.Root, $"srv/libunused{number}.so"));
        }

        File.WriteAllText(Path.Combine(root.Root, "etc/ld.so.conf"), "/srv\n");
        Assert.Equal(0, (await ChildProgram.RunAsync("/sbin/ldconfig", ["-X", "-r", root.Root])).ExitCode);

        var packed = await program.PackAsync("--root", root.Root, "--out", $"oci:{program.Path("image2")}:1", "--", "/app/app", "cached");

        Assert.True(packed.ExitCode == 0, packed.Error);
        var image = await UnpackedImage.OfAsync(program.Path("image2"), program.Path("root2"));
        Assert.Equal("/app", image.Config.GetProperty("WorkingDir").GetString());
        var cache = await File.ReadAllTextAsync(Path.Combine(image.Root, "etc/ld.so.cache"), TestContext.Current.CancellationToken);
        Assert.Contains("/srv/libmiddle.so\0", cache, StringComparison.Ordinal);
        Assert.DoesNotContain("libunused", cache, StringComparison.Ordinal);
        Assert.SkipUnless(await UnpackedImage.CanRunAsync(), "programs cannot be run in another root here");
        var run = await image.RunAsync();
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("cached 42\n", run.Output);
    }

    [Fact]
    public async Task ScriptLanguage_IsPackedWithItsLibrary_AndRunsAlone()
    {
        var library = Directory.Exists("/usr/lib") ? Directory.GetDirectories("/usr/lib", "python3.*")
            .FirstOrDefault(at => File.Exists(at + "/json/__init__.py")) : null;
        Assert.SkipUnless(library is not null && File.Exists("/usr/bin/python3"), "no Debian python3 on this machine");
        using var program = await ChainedProgram.BuildAsync();
        await PackAsync(
            program, "--include", library + "/*.py", "--include", library + "/json", "--include", library + "/encodings", "--include",
            library + "/re",
            "--include", library + "/collections", "--include", library + "/lib-dynload/_json*", "--", "/usr/bin/python3", "-c",
            "import json, sys; print(json.dumps({'answer': 42}), sys.flags.isolated)");

        Assert.SkipUnless(await UnpackedImage.CanRunAsync(), "programs cannot be run in another root here");
        var run = await (await UnpackedImage.OfAsync(program.Layout, program.Path("root"))).RunAsync();

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("{\"answer\": 42} 0\n", run.Output);
    }

    [Fact]
    public async Task OtherTools_ReadTheImage()
    {
        using var program = await ChainedProgram.BuildAsync();
        await PackAsync(program, "--label", "org.example.team=seven", "--env", "GREETING=hi", "--", "./app", "hello");
        var archive = program.Path("app.tar");
        Assert.Equal(0, (await program.PackAsync("--out", $"docker-archive:{archive}:app:1", "--", "./app", "hello")).ExitCode);
        Assert.SkipUnless(File.Exists("/usr/bin/skopeo"), "skopeo is not installed");

        foreach (var place in (string[])[$"oci:{program.Layout}:1", $"docker-archive:{archive}"])
        {
            var inspected = await ChildProgram.RunAsync("/usr/bin/skopeo", ["inspect", place]);
            Assert.True(inspected.ExitCode == 0, inspected.Error);
            using var document = JsonDocument.Parse(inspected.Output);
            Assert.Equal("amd64", document.RootElement.GetProperty("Architecture").GetString());
            Assert.Equal("none", document.RootElement.GetProperty("Labels").GetProperty("dev.casemate.quotes").GetString());
        }

        Assert.SkipUnless(File.Exists("/usr/bin/umoci") && Environment.IsPrivilegedProcess,
            "umoci is not installed, or cannot unpack for this user");
        var unpacked = await ChildProgram.RunAsync("/usr/bin/umoci", ["unpack", "--image", $"{program.Layout}:1", program.Path("bundle")]);
        Assert.True(unpacked.ExitCode == 0, unpacked.Error);
        Assert.True(File.Exists(program.Path("bundle/rootfs/app/lib/libdeep.so")));
    }

    [Fact]
    public async Task BillOfMaterials_IsRightByAnIndependentReader_AndAttachedToTheImage()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "python3 is not installed");
        using var program = await ChainedProgram.BuildAsync();
        await PackAsync(program, "--sbom", program.Path("sbom.json"), "--", "./app");
        var image = await UnpackedImage.OfAsync(program.Layout, program.Path("root"));

        var check = await CheckSbomAsync(program, image);

        Assert.True(check.ExitCode == 0, check.Output + check.Error);
        Assert.Contains("pkg:deb/debian/libc6@", await File.ReadAllTextAsync(
            program.Path("sbom.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var index = JsonDocument.Parse(await File.ReadAllBytesAsync(
            Path.Combine(program.Layout, "index.json"), TestContext.Current.CancellationToken));
        var attached = index.RootElement.GetProperty("manifests").EnumerateArray()
            .Single(entry => entry.TryGetProperty("artifactType", out var type) && type.GetString() == "application/spdx+json");
        using var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(
            Blob(program, attached), TestContext.Current.CancellationToken));
        Assert.Equal(
            await File.ReadAllBytesAsync(program.Path("sbom.json"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Blob(program, manifest.RootElement.GetProperty("layers")[0]),
                TestContext.Current.CancellationToken));

        // The reader notices what it is there for.
        File.AppendAllText(Path.Combine(image.Root, "app/app"), "x");
        Assert.Equal(1, (await CheckSbomAsync(program, image)).ExitCode);
    }

    [Fact]
    public async Task Enclave_FromElsewhere_ComesToTheProgram_AndAChangedOneIsRefused()
    {
        using var program = await ChainedProgram.BuildAsync();
        var file = SmallRoot.OpenEnclave();
        await File.WriteAllBytesAsync(program.Path("enclave.signed"), file, TestContext.Current.CancellationToken);
        await PackAsync(program, "--enclave", "../enclave.signed", "--", "./app");
        var image = await UnpackedImage.OfAsync(program.Layout, program.Path("root"));

        Assert.Equal(file, await File.ReadAllBytesAsync(Path.Combine(image.Root, "app/enclave.signed"),
            TestContext.Current.CancellationToken));
        Assert.Equal("recomputed", image.Config.GetProperty("Labels").GetProperty("dev.casemate.enclave.measured").GetString());
        Assert.Equal("recomputed", image.Manifest.GetProperty("annotations").GetProperty("dev.casemate.enclave.measured").GetString());

        file[file.AsSpan().IndexOf(Casemate.Testing.Enclaves.EnclaveElf.Pattern(64, 17)) + 5] ^= 1;
        await File.WriteAllBytesAsync(program.Path("enclave.signed"), file, TestContext.Current.CancellationToken);
        var refused = await program.PackAsync("--out", "oci:refused:1", "--enclave", "../enclave.signed", "--", "./app");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the enclave /app/enclave.signed is refused", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(program.Path("build/refused")));
    }

    [Fact]
    public async Task Explain_SaysWhyEachFileIsIn()
    {
        using var program = await ChainedProgram.BuildAsync();

        var explained = await program.PackAsync("--dry-run", "--explain", "-o", "json", "--", "./app");

        Assert.True(explained.ExitCode == 0, explained.Error);
        using var document = JsonDocument.Parse(explained.Output);
        var files = document.RootElement.GetProperty("files").EnumerateArray().ToDictionary(file => file.GetProperty("path").GetString()!);
        Assert.All(files.Values, file => Assert.NotEqual(0, file.GetProperty("why").GetArrayLength()));
        Assert.Contains("libmiddle.so needs libdeep.so", files["/app/lib/libdeep.so"].GetProperty("why")[0].GetString(),
            StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("digest").ValueKind);
        Assert.False(Directory.Exists(program.Layout));
    }

    [Fact]
    public async Task MissingLibrary_IsNamed_AndNothingIsWritten()
    {
        using var program = await ChainedProgram.BuildAsync();
        File.Delete(program.Path("build/lib/libdeep.so"));

        var refused = await program.PackAsync("--out", $"oci:{program.Layout}:1", "--", "./app");

        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("libdeep.so", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--allow-missing", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--env LD_LIBRARY_PATH=/app/lib", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(program.Layout));
    }

    [Theory]
    [InlineData(3, "there is no program './none'", "--out", "oci:image:1", "--", "./none")]
    [InlineData(3, "is not a file in the root", "--out", "oci:image:1", "--", "./loop")]
    [InlineData(3, "is a directory", "--out", "oci:image:1", "--", "./lib")]
    [InlineData(2, "--out is missing", "--", "./app")]
    [InlineData(2, "no program is named", "--out", "oci:image:1")]
    [InlineData(2, "is a registry", "--out", "docker://registry.example/app:1", "--", "./app")]
    [InlineData(3, "holds something that is not an image layout", "--out", "oci:lib:1", "--", "./app")]
    [InlineData(3, "no directory", "--out", "oci-archive:none/app.tar:1", "--", "./app")]
    [InlineData(3, "'none/sbom.json' is not a file in a directory that exists", "--out", "oci:image:1", "--sbom", "none/sbom.json",
        "--", "./app")]
    [InlineData(2, "is not a number", "--out", "oci:image:1", "--user", "nobody", "--", "./app")]
    [InlineData(3, "cannot be read", "--out", "oci:image:1", "--qcnl", "none.conf", "--", "./app")]
    [InlineData(3, "'/dev/zero' cannot be read", "--out", "oci:image:1", "--qcnl", "/dev/zero", "--", "./app")]
    [InlineData(2, "does not hold the program", "--out", "oci:image:1", "--app", "lib", "--", "./app")]
    [InlineData(3, "is not an enclave", "--out", "oci:image:1", "--enclave", "app", "--", "./app")]
    [InlineData(3, "is not a casemate that was published as a single file", "--out", "oci:image:1", "--self", "--program", "app")]
    public async Task WhatCannotBePacked_IsRefusedInOneSentence(int exitCode, string message, params string[] arguments)
    {
        using var program = await ChainedProgram.BuildAsync();
        File.CreateSymbolicLink(program.Path("build/loop"), "loop");

        var refused = await program.PackAsync(arguments);

        Assert.Equal(exitCode, refused.ExitCode);
        Assert.StartsWith("casemate: ", refused.Error, StringComparison.Ordinal);
        Assert.Contains(message, refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(program.Path("build/image")));
    }

    [Theory]
    [InlineData("oci:full/image:1")]
    [InlineData("oci-archive:full/image.tar:1")]
    [InlineData("docker-archive:full/image.tar:app:1")]
    public async Task FullDisk_LeavesNothing(string place)
    {
        Assert.SkipUnless(await UnpackedImage.CanRunAsync(), "no file system can be mounted here");
        using var program = await ChainedProgram.BuildAsync();
        Directory.CreateDirectory(program.Path("build/full"));
        var casemate = ChildProgram.Casemate;
        const string script = "mount -t tmpfs -o size=200k none full || exit 77; \"$@\"; echo \"exit code $?\"; find full";

        var refused = await ChildProgram.RunAsync(
            "/usr/bin/unshare",
            [
                .. Environment.IsPrivilegedProcess ? (string[])["--mount"] : ["--map-root-user", "--mount"], "/bin/sh", "-c", script, "sh",
                casemate.Program, .. casemate.Arguments, "image", "pack", "--out", place, "--", "./app",
            ],
            directory: program.Path("build"));

        Assert.SkipWhen(refused.ExitCode == 77, "no file system can be mounted here");
        Assert.Equal("exit code 3\nfull\n", refused.Output);
        Assert.StartsWith("casemate: ", refused.Error, StringComparison.Ordinal);
        Assert.Contains("pace", refused.Error, StringComparison.Ordinal);
    }

    private static async Task PackAsync(ChainedProgram program, params string[] arguments)
    {
        var packed = await program.PackAsync(["--out", $"oci:{program.Layout}:1", .. arguments]);
        Assert.True(packed.ExitCode == 0, packed.Error);
    }

    private static Task<ChildProgram> CheckSbomAsync(ChainedProgram program, UnpackedImage image) => ChildProgram.RunAsync(
        "/usr/bin/python3", [Path.Combine(RepositoryPaths.Root, "tests", "independent", "check_spdx.py"), program.Path("sbom.json"),
            image.Root]);

    private static string Blob(ChainedProgram program, JsonElement descriptor) =>
        Path.Combine(program.Layout, "blobs", descriptor.GetProperty("digest").GetString()!.Replace(':', '/'));

    private static SortedDictionary<string, string> Files(string directory) => new(
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ".lock").ToDictionary(
            file => Path.GetRelativePath(directory, file),
            file => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))),
                StringComparer.Ordinal);

    // No image of Debian is smaller than its essential packages, and none that compiles C has less than gcc and libc6-dev with what they
    // depend on: what dpkg says that these take up is a lower bound of an image that the program could have been built in.
    private static async Task<long> BuildImageBytesAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-query"), "this is no Debian");
        var listed = await ChildProgram.RunAsync("/usr/bin/dpkg-query",
            ["-W", "-f", "${Package}\t${Essential}\t${Installed-Size}\t${Pre-Depends}, ${Depends}\t${db:Status-Status}\n"]);
        var packages = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))
            .Where(row => row[4] == "installed")
            .GroupBy(row => row[0]).ToDictionary(group => group.Key, group => group.First());
        var waiting = new Stack<string>(packages.Values.Where(row => row[1] == "yes").Select(row => row[0]).Concat(["gcc", "libc6-dev"]));
        var taken = new HashSet<string>();
        long kibibytes = 0;
        while (waiting.TryPop(out var name))
        {
            if (!packages.TryGetValue(name, out var row) || !taken.Add(name))
            {
                continue;
            }

            kibibytes += long.TryParse(row[2], null, out var size) ? size : 0;

            // Of alternatives the first counts, and only where it is installed: the bound gets lower by it, never higher.
            foreach (var dependency in row[3].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                waiting.Push(dependency.Split('|')[0].Split('(')[0].Split(':')[0].Trim());
            }
        }

        Assert.SkipUnless(taken.Contains("gcc") && taken.Contains("libc6-dev"), "the compiler is not one of Debian's packages");
        return kibibytes * 1024;
    }
}
