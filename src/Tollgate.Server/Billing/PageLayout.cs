using System.Security.Cryptography;
using System.Text;

namespace Tollgate.Server.Billing;

/// <summary>What all hosted pages share: skeleton, style and the headers that keep them closed.</summary>
internal static class PageLayout
{
    private const string Style = """
        :root{color-scheme:light;--ink:#1b2330;--soft:#5a6577;--line:#d9dee7;--fill:#f5f7fa;--go:#1f5fd0;--bad:#a3161f}
        *{box-sizing:border-box}
        body{margin:0;background:var(--fill);color:var(--ink)}
        body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        main{max-width:34rem;margin:2rem auto;padding:0 1rem}
        main.wide{max-width:48rem}
        section{background:#fff;border:1px solid var(--line);border-radius:10px;padding:1.25rem 1.5rem;margin:0 0 1rem}
        h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}
        h2{font-size:1.05rem;margin:0 0 .75rem}
        p{margin:.25rem 0 .75rem}
        .soft{color:var(--soft)}
        table{width:100%;border-collapse:collapse}
        th,td{padding:.4rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
        tfoot th,tfoot td{border:0;padding:.2rem 0;font-weight:400}
        tfoot tr.total th,tfoot tr.total td{font-weight:700;font-size:1.1rem;padding-top:.5rem}
        tfoot tr.total th,tfoot tr.total td{border-top:2px solid var(--ink)}
        .num{text-align:right;white-space:nowrap;padding-left:1rem}
        label{display:block;font-weight:600;margin:.75rem 0 .2rem}
        input{width:100%;font:inherit;padding:.55rem .65rem;border:1px solid #8a94a6;border-radius:6px}
        input{background:#fff;color:inherit}
        input:focus,button:focus,a:focus{outline:3px solid #8db4ff;outline-offset:1px}
        .row{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem}
        button{font:inherit;font-weight:600;width:100%;margin-top:1.1rem;padding:.7rem 1rem;border:0}
        button{border-radius:6px;background:var(--go);color:#fff;cursor:pointer}
        button.quiet{background:#fff;color:var(--ink);border:1px solid #8a94a6;margin-top:.6rem}
        .note{border-left:4px solid var(--go);background:#eef4ff;padding:.6rem .9rem;border-radius:4px;margin:0 0 1rem}
        .fault{border-left:4px solid var(--bad);background:#fdeeee;padding:.6rem .9rem;border-radius:4px;margin:0 0 1rem}
        .tag{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:.05rem .6rem;font-size:.85rem}
        @media print{body{background:#fff}section{border:0;padding:0}.screen{display:none}}
        @media print{main,main.wide{max-width:none;margin:0}}
        """;

    private static readonly string StyleHash =
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    /// <summary>A whole document around <paramref name="body"/>.</summary>
    public static Html Document(string title, Html body, bool isWide = false) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{title}</title>
        <style>{new Html(Style)}</style>
        </head>
        <body>
        <main{new Html(isWide ? " class=\"wide\"" : "")}>
        {body}
        </main>
        </body>
        </html>
        """);

    /// <summary>
    /// Sends the page: never cached, framed, or sent to another site as a referrer; it runs no script and
    /// loads nothing.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="page">A whole document.</param>
    /// <param name="formTarget">An origin that a form's answer may lead to, beside the page's own.</param>
    public static async Task WriteAsync(HttpContext context, int status, Html page, Uri? formTarget = null)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'sha256-{StyleHash}'; base-uri 'none'; frame-ancestors 'none'; "
            + $"form-action 'self'{(formTarget is null ? "" : " " + formTarget.GetLeftPart(UriPartial.Authority))}";
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(page.ToString(), context.RequestAborted);
    }

    /// <summary>A page that says one thing.</summary>
    public static Html Message(string title, string text, Html more = default) => Document(title, Html.Of($"""
        <section>
        <h1>{title}</h1>
        <p role="status">{text}</p>
        {more}
        </section>
        """));
}
