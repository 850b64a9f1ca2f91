namespace Casemate.Testing.Enclaves;

/// <summary>A key that signs the enclaves of tests: RSA with 3072 bits and exponent 3. Published here, so it protects nothing.</summary>
public static class TestEnclaveKey
{
    /// <summary>The private key in PEM form.</summary>
    public const string Pem =
        """
        -----BEGIN PRIVATE KEY-----
        MIIG/AIBADANBgkqhkiG9w0BAQEFAASCBuYwggbiAgEAAoIBgQCmeDnUW7oP/sTi
        gtRKIZ1H6yuWkvUrJnI1cQGtss2+jW/wh0zj3bsnP2ka/577r4Z8iWT+VuSUPU2j
        MvOkGWadYnaismn6HcBCIPruwvZMw4+vCHmlqdkmnPXDEqr8SiIQG0MourN0nbbF
        1UgfwdiI3cS6dYA626yVn2hhfQDKCld9GCB39lmDg29R3LWeAWKm9xTlefCYxD+Y
        VL0LJV7RBTWqddwfVnQyCTY34URfh6HUP6XOoVxsXYey/U8iEA1hP3VErnC9SXmJ
        0rnaTNat2k9sxHQfcsk7EoN0Y/UjJfPO33vMTvYKzsRO//dYcVyXiem6/foKNviF
        MvmMNyhAeHIpcebFIq9vKOgbH4mnwJOEw1f1dv6+Hgnk96oi/HUdQflyKbnzCfQw
        idmyAfhiyIF3TzOfd1e7U7kWkMdZrNxCbSHqgsJMid7OXpWMIjwlTBP5KXJ6P606
        3p6H4jtcayqBHCkImPET9dbbFab8kjQiTS+jXivb/TBA7AzONrcCAQMCggGAbvrR
        OD0mtVSDQayNhsEThUdyZGH4x272zktWc8yJKbOf9a+Il+knb3+bZ1UUp8pZqFuY
        qY9DDX4zwiH3wruZvkGkbHbxUWkq1sCnSddO3de1H1r7w8aQxGij12HHUtwWtWeC
        GyciTb552Tjav9aQWz6DJvkAJz0duRTwQP4AhrGPqLrAT/mRAlefi+h5FADsb09j
        Q6agZdgqZY3TXMOUi1jOcaPoFORNdrDOz+uC6lpr4tUZNGuS8ukFIf40wWAH14jZ
        UI17K/rSCKB5l74DBNYVHs4r0dpPE7d+rmud+PJcD/VSKEEIePA2M4nBjv0P68Wx
        Y9cYh+qkh+ecHrek0tv1cQEDdcDPEJRTM6WMRoYmFzFEOScKhM09Vr9Lko5mZZsS
        lbLsI8qNLijfPj56y4HKaBE1yyrOUGHUSzoh90/gbBOL81Dmt+/qN0S9vmNuj+ef
        gYhD4J8hxv2KDgwQbE/yhpfkCkT1sEf8aObGguu4g429euuj6XRUcWK4jgOrAoHB
        AN3cAJAv5iaUHN8a/T+C7lGRrHxcQBh8py0nFC0dYVJTBmSCITpnAj/JJRNjEKym
        5IgtxdKw950U9xR2TX294ji9ENdLQ1r5SfGX2AVkwhihlBog1LPs68S7hX/LpDMt
        TElACksffGXqxcs9vvWRe8jpmg7RqUxzbBLWAnrif34mw4uGpBZcvwiyERd7Fwg8
        TNsNDURutJxIxyG6JL/HW5wCiaS3e2dXAr2IgGN8TRw+rC/3MHMkhii4ER+5v8bE
        9wKBwQDAFi67qlHUvSGdxwY3LOPVB4NCMvJMLqtwWDFBpSbbZ2NSbV9VhmcVnU3u
        TkRVTuAts5nSil2hQgqk4UHgZc7LcXEopR45iC7kspNIQnUlVcZH2Jzrz4MyLqhj
        DRST+Y87mVNGfdtXb1qgDsvfEsRonDfMY7miQ7Yv6vgq1xTojkgUySvnLKkv7+5j
        /GHmUMlyY5dyblgNCDNuqCqzCMcd8LUSgNeR2n3OAVvaPzAb8fMtAWL32C/VFqB3
        HjgybEECgcEAk+gAYB/uxGK96hH+KldJi7Zy/ZLVZahvc29iyL5A4Yyu7awWJu9W
        1TDDYkILHcSYWskujHX6aLikuE7eU9PsJdNgj4eCPKYxS7qQA5iBZcENZsCNzUid
        LdJY/90YIh4y24AG3L+oQ/HZMikp+Qun20ZmtIvGMvedYeQBp0GqVBnXslnCuZMq
        BcwLZPy6BX2IkgizgvR4aDCEwSbDKoTnvVcGbc+nmjoB07BVl6gzaCnIH/ogTMME
        GyVgv9EqhINPAoHBAIAOydJxi+MowRPaBCTIl+NaV4F3TDLJx6A6y4EYxJJE7OGe
        P45Zmg5o3p7e2DjfQB53u+Gxk8DWscNA1pWZNIeg9hsYvtEFdJh3DNrW+MOOhC/l
        vfKKV3bJxZdeDbf7tNJmN4RT54+fkcAJ3T9h2EW9eohCe8GCeXVHUByPY0W0MA3b
        cpodxh/1SZf9lpmLMPbtD6Ge5V4Fd58axyIF2hP1zgxV5Qvm/olWPTwqIBKhTMir
        l0/ldTi5wE9pesxIKwKBwByATxd+mH7UZtH6aHwn0dqOAzU/zUTHmrWX9o8vEyX5
        rKXrA/mkJ6Nz2vmz/qvWfRGyfzHCrHHSLVHT7/kVRn6cjs/6ngq3ykJ7fugRGSCS
        Vs3UuFLD7jSwmdpArQ7jGx+u8QaNAYEtdaOiV/tnzA2kIM8RlXfB4xjR1ktk4aGC
        75wUQenPS2d3WumNkY/Gy8oQVilELmWe9O/JH9dkF+I+aRptfhKdfpcrn0YGa9kB
        f96IP63etV9OQkI9G49/yw==
        -----END PRIVATE KEY-----
        """;
}
