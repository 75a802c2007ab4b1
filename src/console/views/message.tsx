// A page that only says something: what is not there, or may not be seen.
import { HOME } from "../urls.ts";
import { Page, type Viewer } from "./layout.tsx";

type MessagePageProps = { readonly title: string; readonly message: string; readonly viewer?: Viewer };

export function MessagePage({ title, message, viewer }: MessagePageProps) {
  return (
    <Page title={title} {...(viewer !== undefined && { viewer })}>
      <h1>{title}</h1>
      <p class="lead">{message}</p>
      <p>
        <a href={HOME}>To the console</a>
      </p>
    </Page>
  );
}
